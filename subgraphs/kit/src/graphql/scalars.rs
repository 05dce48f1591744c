//! What the library's own scalars hold, in words for who writes a client. The library tells how it reads them in Rust.

use async_graphql::{Json, SchemaBuilder};
use chrono::{DateTime, NaiveDate, Utc};

const DATE_TIME: &str = "A moment in UTC, as RFC 3339 writes it: `\"2026-01-05T12:00:00+00:00\"`, with up to nine digits of a \
second behind a point where it has any. In an input every offset is read: `\"2026-01-05T13:00:00+01:00\"`.";
const NAIVE_DATE: &str = "A day of the calendar, without a time and without a time zone, as ISO 8601 writes it: year, month and \
day, `\"2026-01-05\"`.";
const JSON: &str = "A value of any kind that RFC 8259 knows: an object, a list, a string, a number, `true`, `false` or `null`, \
such as `{\"reason\": \"a call\"}`. It comes as it is, not as a string.";

/// With such descriptions. Those of scalars that the schema has not go nowhere.
pub fn described<Q, M, S>(builder: SchemaBuilder<Q, M, S>) -> SchemaBuilder<Q, M, S> {
    builder
        .override_output_type_description::<DateTime<Utc>>(DATE_TIME)
        .override_output_type_description::<NaiveDate>(NAIVE_DATE)
        .override_output_type_description::<Json<serde_json::Value>>(JSON)
}
