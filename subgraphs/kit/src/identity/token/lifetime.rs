//! How long a token may hold. One that is to hold longer was not issued by us, whoever signed it.

use chrono::{DateTime, TimeDelta, Utc};

use super::Claims;

/// The longest that an access token holds, from its issue to its end.
pub const LONGEST: TimeDelta = TimeDelta::minutes(15);

/// Whether something that was issued at `iat` and ends at `exp` holds no longer than `longest`, and was not issued in the
/// future. Clocks may differ by `leeway` seconds.
pub(crate) fn is_ours(iat: i64, exp: i64, longest: TimeDelta, leeway: u64, now: DateTime<Utc>) -> bool {
    let leeway = i64::try_from(leeway).unwrap_or_default();
    let lasts = exp.checked_sub(iat).is_some_and(|life| (0..=longest.num_seconds()).contains(&life));
    lasts && iat <= now.timestamp().saturating_add(leeway)
}

impl Claims {
    /// Whether the token claims no longer life than ours have.
    pub(super) fn lasts_no_longer_than_ours(&self, leeway: u64) -> bool {
        is_ours(self.iat, self.exp, LONGEST, leeway, crate::Clock::system().now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_at_most_the_longest_and_begins_in_the_past() {
        let now = DateTime::from_timestamp(1_000_000, 0).expect("a date");
        let cases = [
            (1_000_000, 1_000_900, true),
            (1_000_000, 1_000_901, false),
            (1_000_005, 1_000_905, true),
            (1_000_006, 1_000_100, false),
            (999_000, 999_900, true),
            (999_000, 1_000_900, false),
            (1_000_000, 999_999, false),
            (i64::MIN, i64::MAX, false),
            (0, i64::MAX, false),
            (i64::MAX, i64::MAX, false),
        ];
        for (iat, exp, ours) in cases {
            assert_eq!(is_ours(iat, exp, LONGEST, 5, now), ours, "{iat} to {exp}");
        }
    }
}
