//! What all clients together may try at one account.

const HOUR_MS: i64 = 3_600_000;

/// So many in an hour, and so many at once when there were none for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    /// 0 for no bound.
    pub an_hour: u32,
    pub at_once: u32,
}

impl Rate {
    /// What each takes of the time.
    pub(super) fn each_ms(self) -> i64 {
        HOUR_MS.checked_div(i64::from(self.an_hour)).unwrap_or_default()
    }

    /// How far ahead of the time they may be.
    pub(super) fn ahead_ms(self) -> i64 {
        self.each_ms() * i64::from(self.at_once.saturating_sub(1))
    }
}

/// How much is spent (the generic cell rate algorithm): until when attempts one after the other would take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Allowance {
    pub spent_until_ms: i64,
}

impl Allowance {
    /// How long until there is something left.
    pub(super) fn wait_ms(&self, now_ms: i64, rate: Rate) -> i64 {
        (self.spent_until_ms - rate.ahead_ms() - now_ms).max(0)
    }

    /// Whether half of what goes at once is gone.
    pub(super) fn is_half_spent(&self, now_ms: i64, rate: Rate) -> bool {
        rate.each_ms() > 0 && (self.spent_until_ms - now_ms) * 2 > rate.ahead_ms()
    }

    pub(super) fn spend(&mut self, now_ms: i64, rate: Rate) {
        self.spent_until_ms = self.spent_until_ms.max(now_ms) + rate.each_ms();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_go_at_once_and_then_as_many_as_an_hour_has() {
        let rate = Rate { an_hour: 60, at_once: 5 };
        let mut allowance = Allowance::default();
        for _ in 0..5 {
            assert_eq!(allowance.wait_ms(0, rate), 0);
            allowance.spend(0, rate);
        }
        assert_eq!((allowance.wait_ms(0, rate), allowance.wait_ms(60_000, rate)), (60_000, 0));
        assert!(allowance.is_half_spent(0, rate) && !allowance.is_half_spent(240_000, rate));
        let unbounded = Rate { an_hour: 0, at_once: 0 };
        allowance.spend(0, unbounded);
        assert_eq!(Allowance { spent_until_ms: 0 }.wait_ms(0, unbounded), 0);
    }
}
