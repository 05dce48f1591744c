//! The lane in which one client tries to get into one account: the more it has tried, the longer it waits.

/// How a lane moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    /// So many go through at once.
    pub free: u32,
    /// The delay after them begins with a second, doubles with each, and is never longer.
    pub longest_ms: i64,
}

/// How it stands in a lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lane {
    pub taken: u32,
    /// When the last turn is, or was.
    pub last_ms: i64,
}

impl Lane {
    /// How long until the next turn.
    pub(super) fn wait_ms(&self, now_ms: i64, pace: Pace) -> i64 {
        let Some(beyond) = self.taken.checked_sub(pace.free) else { return 0 };
        let delay = (1_000_i64 << beyond.min(30)).min(pace.longest_ms);
        if delay == 0 { 0 } else { (self.last_ms + delay - now_ms).max(0) }
    }

    /// Takes the next turn, which is then.
    pub(super) fn take(&mut self, at_ms: i64) {
        *self = Self { taken: self.taken.saturating_add(1), last_ms: at_ms };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_go_through_and_then_each_waits_longer_than_the_one_before_up_to_the_longest() {
        let pace = Pace { free: 2, longest_ms: 5_000 };
        let mut lane = Lane::default();
        for (now, wait) in [(0, 0), (0, 0), (0, 1_000), (1_000, 2_000), (3_000, 4_000), (8_000, 4_000), (20_000, 0)] {
            assert_eq!(lane.wait_ms(now, pace), wait, "at {now}");
            lane.take(now + wait);
        }
    }
}
