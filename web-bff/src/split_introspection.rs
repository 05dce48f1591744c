//! Introspection beside data. The router refuses that in one operation, so it is split into two requests, whose answers are
//! merged.

use std::collections::HashMap;

use axum::http::StatusCode;
use bytes::Bytes;
use kit::graphql::http::Answer;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow)]
    data: Option<HashMap<String, &'a RawValue>>,
    #[serde(borrow, default)]
    errors: Vec<&'a RawValue>,
}

#[derive(Serialize)]
struct Whole<'a> {
    data: Option<Ordered<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<&'a RawValue>,
}

struct Ordered<'a>(Vec<(&'a str, &'a RawValue)>);

impl Serialize for Ordered<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

/// The answer to the whole, from one to what is of the schema. An answer to data that were not asked for stands for it.
pub fn merged(keys: &[String], schema: &Answer, data: Answer) -> Answer {
    match merge(keys, &schema.body, &data.body).filter(|_| data.status == StatusCode::OK) {
        Some(body) => Answer { body, ..data },
        None => data,
    }
}

fn merge(keys: &[String], schema: &[u8], data: &[u8]) -> Option<Bytes> {
    let (schema, mut data): (Part<'_>, Part<'_>) =
        (serde_json::from_slice(schema).ok()?, serde_json::from_slice(data).ok()?);
    let of_schema = schema.data?;
    let whole = data.data.map(|of_data| {
        let find = |key: &'_ String| of_data.get(key).or_else(|| of_schema.get(key)).copied();
        Ordered(keys.iter().filter_map(|key| Some((key.as_str(), find(key)?))).collect())
    });
    data.errors.extend(schema.errors);
    serde_json::to_vec(&Whole { data: whole, errors: data.errors }).ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged_body(schema: &str, data: &str) -> (u16, String) {
        let keys = ["a", "s", "b"].map(str::to_owned);
        let answer = |body: &str| Answer::new(body.to_owned());
        let answer = merged(&keys, &answer(schema), answer(data));
        (answer.status.as_u16(), String::from_utf8(answer.body.to_vec()).expect("JSON is UTF-8"))
    }

    #[test]
    fn both_answers_stand_in_the_order_of_the_operation() {
        let (_, body) =
            merged_body(r#"{"data":{"s":{"n":1}}}"#, r#"{"data":{"b":[2],"a":null},"errors":[{"path":["a"]}]}"#);
        assert_eq!(body, r#"{"data":{"a":null,"s":{"n":1},"b":[2]},"errors":[{"path":["a"]}]}"#);
    }

    #[test]
    fn no_data_is_no_data_at_all() {
        let (_, body) = merged_body(r#"{"data":{"s":1}}"#, r#"{"data":null,"errors":[{"path":["a"]}]}"#);
        assert_eq!(body, r#"{"data":null,"errors":[{"path":["a"]}]}"#);
    }
}
