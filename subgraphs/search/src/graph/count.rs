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
    /// As much of a count as fits.
    pub fn of(total: u64) -> Self {
        match i32::try_from(total) {
            Ok(value) => Self { value, precision: CountPrecision::Exact },
            Err(_) => Self { value: i32::MAX, precision: CountPrecision::AtLeast },
        }
    }
}
