//! Latencies and what they come to.

use std::time::Duration;

/// One answer: how long it took, or what was wrong with it.
pub type Sample = Result<Duration, String>;

#[derive(Default)]
pub struct Figures {
    pub elapsed: Duration,
    latencies: Vec<Duration>,
    failures: usize,
    first_failure: Option<String>,
}

impl Figures {
    pub fn add(&mut self, sample: Sample) {
        match sample {
            Ok(latency) => self.latencies.push(latency),
            Err(reason) => {
                self.failures += 1;
                self.first_failure.get_or_insert(reason);
            }
        }
    }

    pub fn merge(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.failures += other.failures;
        self.first_failure = self.first_failure.take().or(other.first_failure);
    }

    pub fn heading() -> String {
        format!(
            "{:<24} {:>5} {:>10} {:>9} {:>9} {:>9} {:>7}",
            "scenario", "conns", "requests/s", "p50 ms", "p95 ms", "p99 ms", "failed"
        )
    }

    pub fn row(mut self, name: &str, connections: usize) -> String {
        self.latencies.sort_unstable();
        let rate = self.latencies.len() as f64 / self.elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
        let [p50, p95, p99] = [0.50, 0.95, 0.99].map(|share| self.percentile(share).as_secs_f64() * 1000.0);
        let mut row =
            format!("{name:<24} {connections:>5} {rate:>10.1} {p50:>9.2} {p95:>9.2} {p99:>9.2} {:>7}", self.failures);
        if let Some(reason) = self.first_failure {
            row.push_str("  ");
            row.push_str(&reason);
        }
        row
    }

    /// The latency that this share of the answers did not exceed.
    fn percentile(&self, share: f64) -> Duration {
        let rank = (share * self.latencies.len() as f64).ceil() as usize;
        self.latencies.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_latency_that_was_measured() {
        let mut figures = Figures::default();
        (1..=100).for_each(|millis| figures.add(Ok(Duration::from_millis(millis))));
        assert_eq!(figures.percentile(0.50), Duration::from_millis(50));
        assert_eq!(figures.percentile(0.95), Duration::from_millis(95));
        assert_eq!(Figures::default().percentile(0.95), Duration::ZERO);
    }
}
