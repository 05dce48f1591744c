//! How much work something is, told by the processor and not by a clock on the wall: on a busy machine a test waits for its
//! turn, and waiting is no work.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The work of this thread since it began to be counted. Tests of one thread alone can count by it: what they await runs
/// there too.
#[derive(Clone, Copy, Debug)]
pub struct CpuTime {
    before: Duration,
}

impl CpuTime {
    pub fn begin() -> Self {
        Self { before: worked() }
    }

    /// As time of a processor.
    pub fn so_far(self) -> Duration {
        worked().saturating_sub(self.before)
    }
}

fn worked() -> Duration {
    let told = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = Duration::from_secs(u64::try_from(told.tv_sec).unwrap_or_default());
    seconds + Duration::from_nanos(u64::try_from(told.tv_nsec).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_counts_and_waiting_does_not() {
        let (effort, began) = (CpuTime::begin(), std::time::Instant::now());
        std::thread::park_timeout(Duration::from_millis(100));
        let (waited, took) = (effort.so_far(), began.elapsed());
        assert!(waited < took / 2, "{waited:?} of {took:?}");
        while effort.so_far() < Duration::from_millis(20) {}
        assert!(began.elapsed() >= effort.so_far());
    }
}
