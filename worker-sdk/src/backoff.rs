//! How long to wait before trying again.

use std::time::Duration;

use rand::Rng;

/// Exponential backoff with jitter.
///
/// The delay before attempt `n` (counted from 0) is `initial * factor^n`, never above `cap`, of
/// which up to the share `jitter` is taken away at random, so that workers that failed together
/// do not come back together.
///
/// ```
/// use std::time::Duration;
/// use flowstone_worker::Backoff;
///
/// let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60)).jitter(0.0);
/// assert_eq!(backoff.delay(0), Duration::from_secs(1));
/// assert_eq!(backoff.delay(3), Duration::from_secs(8));
/// assert_eq!(backoff.delay(30), Duration::from_secs(60));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    initial: Duration,
    cap: Duration,
    factor: f64,
    jitter: f64,
}

impl Backoff {
    /// Starts at `initial`, doubles each time, never exceeds `cap`; half of each delay is random.
    pub fn new(initial: Duration, cap: Duration) -> Self {
        Backoff {
            initial,
            cap,
            factor: 2.0,
            jitter: 0.5,
        }
    }

    /// Multiplies the delay by `factor` each time instead of by 2. Values below 1 count as 1.
    pub fn factor(mut self, factor: f64) -> Self {
        self.factor = factor.max(1.0);
        self
    }

    /// Share of the delay that is random: 0 is a fixed delay, 1 anything from nothing to the whole.
    pub fn jitter(mut self, share: f64) -> Self {
        self.jitter = share.clamp(0.0, 1.0);
        self
    }

    /// The delay before attempt `attempt`, counted from 0.
    pub fn delay(&self, attempt: u32) -> Duration {
        self.delay_with(attempt, rand::rng().random::<f64>())
    }

    /// The delay for a given draw of the random share, `0 <= draw < 1`.
    fn delay_with(&self, attempt: u32, draw: f64) -> Duration {
        let exponent = i32::try_from(attempt).unwrap_or(i32::MAX);
        let cap = self.cap.as_secs_f64();
        // Overflow to infinity is fine: the cap takes over.
        let full = (self.initial.as_secs_f64() * self.factor.powi(exponent)).min(cap);
        Duration::from_secs_f64(full * (1.0 - self.jitter * draw))
    }
}

/// What the server is told when a handler fails: how many attempts are left and when the next
/// one may start.
///
/// A task that has never failed has no retry count; its first failure leaves `retries` further
/// attempts. Each failure after that takes one away. The failure that leaves none makes the
/// server raise an incident for the operator.
///
/// ```
/// use std::time::Duration;
/// use flowstone_worker::{Backoff, RetryPolicy};
///
/// let policy = RetryPolicy::new(5, Backoff::new(Duration::from_secs(10), Duration::from_secs(3600)));
/// assert_eq!(policy.retries_left(None), 5);
/// assert_eq!(policy.retries_left(Some(1)), 0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryPolicy {
    retries: u32,
    backoff: Backoff,
}

impl RetryPolicy {
    /// `retries` further attempts after the first one, spaced by `backoff`.
    pub fn new(retries: u32, backoff: Backoff) -> Self {
        RetryPolicy { retries, backoff }
    }

    /// Every failure is final: it raises an incident at once.
    pub fn never() -> Self {
        RetryPolicy {
            retries: 0,
            ..RetryPolicy::default()
        }
    }

    /// Attempts left after a failure of a task that carried `current` before.
    pub fn retries_left(&self, current: Option<i32>) -> u32 {
        match current {
            None => self.retries,
            Some(current) => u32::try_from(current.saturating_sub(1)).unwrap_or(0),
        }
    }

    /// Delay before the next attempt when `left` attempts remain.
    pub fn delay(&self, left: u32) -> Duration {
        self.backoff.delay(self.retries.saturating_sub(left))
    }
}

impl Default for RetryPolicy {
    /// Three retries after about 5, 10 and 20 seconds, at most five minutes.
    fn default() -> Self {
        RetryPolicy::new(3, Backoff::new(Duration::from_secs(5), Duration::from_secs(300)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_takes_away_at_most_its_share() {
        let backoff = Backoff::new(Duration::from_secs(8), Duration::from_secs(100)).jitter(0.5);
        assert_eq!(backoff.delay_with(0, 0.0), Duration::from_secs(8));
        assert_eq!(backoff.delay_with(0, 0.5), Duration::from_secs(6));
        for attempt in 0..2_000 {
            let delay = backoff.delay(attempt);
            let full = backoff.jitter(0.0).delay(attempt);
            assert!(
                delay <= full && delay >= full / 2,
                "attempt {attempt}: {delay:?} of {full:?}"
            );
        }
    }

    #[test]
    fn a_policy_spaces_its_attempts_further_and_further() {
        let policy = RetryPolicy::new(
            3,
            Backoff::new(Duration::from_secs(1), Duration::from_secs(60)).jitter(0.0),
        );
        let mut current = None;
        let mut seen = Vec::new();
        loop {
            let left = policy.retries_left(current);
            seen.push((left, policy.delay(left).as_secs()));
            if left == 0 {
                break;
            }
            current = Some(i32::try_from(left).unwrap());
        }
        assert_eq!(seen, [(3, 1), (2, 2), (1, 4), (0, 8)]);
    }

    #[test]
    fn an_operator_may_grant_more_retries_than_the_policy() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.retries_left(Some(11)), 10);
        assert!(policy.delay(10) <= Duration::from_secs(5));
    }
}
