//! Durations of one kind of operation.

use std::time::Duration;

/// Durations, summed up as percentiles.
#[derive(Debug, Default)]
pub struct Latencies(Vec<Duration>);

impl Latencies {
    /// Notes one.
    pub fn note(&mut self, duration: Duration) {
        self.0.push(duration);
    }

    /// Takes in those of another.
    pub fn merge(&mut self, other: Latencies) {
        self.0.extend(other.0);
    }

    /// Number, median, 99th percentile and maximum, in milliseconds, as a line.
    pub fn summary(&mut self, name: &str) -> String {
        self.0.sort_unstable();
        let at = |share: f64| {
            let position = ((self.0.len() as f64 - 1.0) * share).max(0.0) as usize;
            self.0
                .get(position)
                .map_or(0.0, |duration| duration.as_secs_f64() * 1e3)
        };
        format!(
            "{name:<10} {:>9}  p50 {:>8.2} ms  p99 {:>8.2} ms  max {:>8.2} ms",
            self.0.len(),
            at(0.5),
            at(0.99),
            at(1.0)
        )
    }
}
