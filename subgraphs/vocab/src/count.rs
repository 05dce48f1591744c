//! How many there are, as far as somebody counted.

use async_graphql::{Enum, SimpleObject};

/// How far a count goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CountPrecision {
    /// There are exactly so many.
    Exact,
    /// There are so many and more: say "more than".
    AtLeast,
}

/// A number of things that is not always counted to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SimpleObject)]
#[graphql(shareable)]
pub struct Count {
    /// How many there are, as far as was counted.
    pub value: i32,
    /// Whether that is all.
    pub precision: CountPrecision,
}

impl Count {
    /// A count that went up to `most`, or as far as fits.
    pub fn up_to(most: u64, counted: u64) -> Self {
        let most = most.min(u64::from(i32::MAX.unsigned_abs()));
        let precision = if counted > most { CountPrecision::AtLeast } else { CountPrecision::Exact };
        Self { value: i32::try_from(counted.min(most)).unwrap_or(i32::MAX), precision }
    }

    /// A count that went to the end, as far as it fits.
    pub fn of(total: u64) -> Self {
        Self::up_to(u64::MAX, total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_was_cut_off_says_so() {
        let count = |value, precision| Count { value, precision };
        assert_eq!(Count::up_to(1_000, 1_000), count(1_000, CountPrecision::Exact));
        assert_eq!(Count::up_to(1_000, 1_001), count(1_000, CountPrecision::AtLeast));
        assert_eq!(Count::of(3_000_000_000), count(i32::MAX, CountPrecision::AtLeast));
    }
}
