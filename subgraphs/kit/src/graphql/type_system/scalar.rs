//! What the scalars of a schema take, which its text does not say.

use std::fmt;

use async_graphql::{ScalarType, Value};
use chrono::{DateTime, NaiveDate, Utc};

/// A scalar whose values are judged before anything is run.
#[derive(Clone, Copy)]
pub struct Scalar {
    takes: fn(Value) -> bool,
    expected: &'static str,
}

impl Scalar {
    /// `expected`: what to give, with an example, to stand after "Give it".
    pub fn of<T: ScalarType>(expected: &'static str) -> Self {
        Self { takes: |value| T::parse(value).is_ok(), expected }
    }

    pub fn takes(&self, value: Value) -> bool {
        (self.takes)(value)
    }

    pub fn expected(&self) -> &'static str {
        self.expected
    }

    /// Those that come with async-graphql, by their names.
    pub(super) fn usual() -> [(&'static str, Self); 2] {
        let moment = "a moment as in RFC 3339, such as 2026-03-01T09:30:00Z";
        [
            ("DateTime", Self::of::<DateTime<Utc>>(moment)),
            ("NaiveDate", Self::of::<NaiveDate>("a date, such as 2026-03-01")),
        ]
    }
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scalar").field(&self.expected).finish()
    }
}
