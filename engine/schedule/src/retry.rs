//! How often and when a failed job is tried again.

use crate::{Duration, ScheduleError, checked};

/// A retry cycle such as `R3/PT10M` or `PT1M,PT5M` (vendor element `failedJobRetryTimeCycle`).
#[derive(Clone, Debug, PartialEq)]
pub struct RetryCycle {
    retries: u32,
    pauses: Vec<Duration>,
}

impl RetryCycle {
    /// Reads a retry cycle: a repetition, a duration, or a list of durations with one pause for each further attempt.
    ///
    /// # Errors
    /// [`ScheduleError`], when the text is none.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let text = checked(text)?;
        let wrong = || ScheduleError::Retry(text.to_owned());
        if let Some(repetition) = text.strip_prefix('R') {
            let (times, pause) = repetition.split_once('/').ok_or_else(wrong)?;
            return Ok(RetryCycle {
                retries: times.parse().map_err(|_| wrong())?,
                pauses: vec![Duration::parse(pause).map_err(|_| wrong())?],
            });
        }
        let pauses = text.split(',').map(|pause| Duration::parse(pause).map_err(|_| wrong()));
        let pauses = pauses.collect::<Result<Vec<_>, _>>()?;
        // One attempt more than there are pauses between them.
        let retries = u32::try_from(pauses.len()).unwrap_or(u32::MAX).saturating_add(1);
        Ok(RetryCycle { retries, pauses })
    }

    /// How often a job is tried.
    pub fn retries(&self) -> u32 {
        self.retries
    }

    /// The pause after a failure, the first one being 1.
    pub fn interval(&self, failure: u32) -> Option<&Duration> {
        let position = usize::try_from(failure.saturating_sub(1)).unwrap_or(usize::MAX);
        self.pauses.get(position).or(self.pauses.last())
    }
}
