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

    /// The duration below which a share of all lies, in milliseconds; 0 when there are none.
    pub fn percentile(&mut self, share: f64) -> f64 {
        self.0.sort_unstable();
        let position = ((self.0.len() as f64 - 1.0) * share).max(0.0) as usize;
        let duration = self.0.get(position);
        duration.map_or(0.0, |duration| duration.as_secs_f64() * 1e3)
    }

    /// Number, median, 99th percentile and maximum, in milliseconds, as a line.
    pub fn summary(&mut self, name: &str) -> String {
        format!(
            "{name:<10} {:>9}  p50 {:>8.2} ms  p99 {:>8.2} ms  max {:>8.2} ms",
            self.0.len(),
            self.percentile(0.5),
            self.percentile(0.99),
            self.percentile(1.0)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_count_from_the_shortest() {
        let mut latencies = Latencies::default();
        assert!(latencies.percentile(0.5).abs() < 1e-9, "nothing was measured");
        for milliseconds in (1..=101).rev() {
            latencies.note(Duration::from_millis(milliseconds));
        }
        for (share, expected) in [(0.0, 1.0), (0.5, 51.0), (0.99, 100.0), (1.0, 101.0)] {
            assert!((latencies.percentile(share) - expected).abs() < 1e-9, "{share}");
        }
    }
}
