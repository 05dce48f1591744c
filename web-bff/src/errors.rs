//! The router's errors in the words of the shop.
//!
//! What a subgraph says is safe to show by its type. What the router says of a subgraph it could not reach names hosts
//! and causes: a client learns that a part of the shop is away, and the log learns the rest.

use axum::http::StatusCode;
use bytes::Bytes;
use kit::Code;
use kit::graphql::guard::Pos;
use kit::graphql::http::Operation;
use serde::de::IntoDeserializer;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::names::Names;

#[derive(Deserialize, Serialize)]
struct Response<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    data: Option<&'a RawValue>,
    errors: Vec<Error>,
}

#[derive(Deserialize, Serialize)]
struct Error {
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    locations: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<Value>,
    #[serde(default)]
    extensions: Map<String, Value>,
}

/// The answer as a client may see it. One without errors passes as it is; one that holds nothing, because a part of the
/// shop cannot serve, is a 503.
///
/// What is said of a path is told with its place in the operation. Who may not read the schema (`discreet`) learns no name
/// of it from what is wrong with an operation.
pub fn shown(body: Bytes, status: StatusCode, operation: &Operation, discreet: bool) -> (Bytes, StatusCode) {
    let has_errors = body.windows(b"\"errors\"".len()).any(|window| window == b"\"errors\"");
    if !has_errors {
        return (body, status);
    }
    // A field may be called `errors` too: then there is no list of them at the top, and nothing to do.
    let Ok(mut response) = serde_json::from_slice::<Response>(&body) else { return (body, status) };
    drop_echoes(&mut response.errors);
    response.errors.iter_mut().for_each(|error| rephrase(error, status));
    response.errors.iter_mut().for_each(|error| locate(error, operation));
    if discreet {
        let names = Names::of(&operation.query, Some(&operation.variables));
        // What has a path was said of a value that the operation led to.
        let of_the_operation = response.errors.iter_mut().filter(|error| error.path.is_none());
        of_the_operation.for_each(|error| error.message = names.kept_in(&error.message));
    }
    let nothing = response.data.is_none_or(|data| data.get() == "null");
    let away = response.errors.iter().any(|error| error.extensions["code"] == Code::Unavailable.as_str());
    if status == StatusCode::OK {
        // What was run has `data`, were it null.
        response.data.get_or_insert(RawValue::NULL);
    }
    let status = if nothing && away { StatusCode::SERVICE_UNAVAILABLE } else { status };
    (serde_json::to_vec(&response).map_or(body, Bytes::from), status)
}

/// A subgraph that refuses a request does so with an error and a status of HTTP. The router tells of the status in an error
/// of its own.
fn drop_echoes(errors: &mut Vec<Error>) {
    let refusing: Vec<Value> = errors.iter().filter(|error| ours(error).is_some()).map(service).collect();
    errors.retain(|error| {
        let refused =
            error.extensions.get("http").is_some_and(|http| http["status"] == StatusCode::BAD_REQUEST.as_u16());
        !(refused && ours(error).is_none() && refusing.contains(&service(error)))
    });
}

/// Where in the client's own document the field is that an error speaks of. The router knows it only of another document,
/// the one that it asked a subgraph with.
fn locate(error: &mut Error, operation: &Operation) {
    let Some(path) = error.path.as_ref().and_then(Value::as_array) else { return };
    let keys = path.iter().filter_map(Value::as_str);
    let place = operation.admitted.place(operation.operation_name.as_deref(), keys);
    error.locations = place.map(|Pos { line, column }| serde_json::json!([{ "line": line, "column": column }]));
}

fn service(error: &Error) -> Value {
    error.extensions.get("service").cloned().unwrap_or_default()
}

fn ours(error: &Error) -> Option<Code> {
    let said = error.extensions.get("code").and_then(Value::as_str).unwrap_or_default();
    let code: Result<Code, serde::de::value::Error> = Code::deserialize(said.into_deserializer());
    code.ok()
}

fn rephrase(error: &mut Error, status: StatusCode) {
    let said = error.extensions.get("code").and_then(Value::as_str).unwrap_or_default().to_owned();
    let trace_id = error.extensions.remove("traceId");
    // The router gives what a subgraph says of a whole request the path of nothing.
    error.path = error.path.take().filter(|path| path.as_array().is_none_or(|path| !path.is_empty()));
    let code = match ours(error) {
        Some(code) => code,
        None if status == StatusCode::BAD_REQUEST => Code::BadUserInput,
        None => {
            tracing::error!(code = said, message = error.message, "a subgraph did not answer");
            error.message = "A part of the shop does not answer at this moment. Try again shortly.".to_owned();
            Code::Unavailable
        }
    };
    error.extensions = Map::from_iter([("code".to_owned(), Value::from(code.as_str()))]);
    error.extensions.extend(trace_id.map(|id| ("traceId".to_owned(), id)));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kit::graphql::guard::Guard;
    use kit::graphql::guard::hostile;
    use kit::graphql::type_system::TypeSystem;

    use super::*;

    fn operation(query: &str) -> Operation {
        let types = TypeSystem::parse("type Query { a: A } type A { b: [A] c: Int }").expect("a schema");
        let admitted = Guard::new(hostile::limits(), types).admit(query).expect("fits");
        let (query, variables) = (Arc::clone(admitted.text()), Map::new());
        Operation { query, operation_name: None, variables, extensions: Map::new(), admitted }
    }

    fn shown(body: Bytes, status: StatusCode) -> (Bytes, StatusCode) {
        super::shown(body, status, &operation("{ a { c } }"), false)
    }

    #[test]
    fn what_is_said_of_a_path_is_told_with_its_place_in_the_clients_own_document() {
        let body = r#"{"data":{"x":null},"errors":[{"message":"No.","locations":[{"line":9,"column":9}],"path":["x","b",0,"c"],"extensions":{"code":"FORBIDDEN"}}]}"#;
        let asked = operation("{\n  x: a { b { c } }\n}");
        let (told, _) = super::shown(Bytes::from(body), StatusCode::OK, &asked, false);
        let told: Value = serde_json::from_slice(&told).expect("JSON");
        assert_eq!(told["errors"][0]["locations"], serde_json::json!([{ "line": 2, "column": 14 }]));
    }

    fn shown_as(body: &str, status: StatusCode) -> String {
        String::from_utf8(shown(Bytes::from(body.to_owned()), status).0.to_vec()).expect("JSON is UTF-8")
    }

    #[test]
    fn nothing_at_all_for_want_of_a_part_is_a_503_and_half_a_page_is_not() {
        let away = r#""errors":[{"message":"This cannot be done now.","extensions":{"code":"UNAVAILABLE"}}]"#;
        let status = |data: &str| shown(Bytes::from(format!(r#"{{"data":{data},{away}}}"#)), StatusCode::OK).1;
        assert_eq!(status("null"), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(status(r#"{"a":null}"#), StatusCode::OK);
    }

    #[test]
    fn an_answer_without_errors_passes_as_it_is() {
        let body = r#"{"data":{"a":1}}"#;
        assert_eq!(shown_as(body, StatusCode::OK), body);
    }

    #[test]
    fn what_a_subgraph_says_is_kept_and_where_it_came_from_is_not() {
        let body = r#"{"data":{"a":null},"errors":[{"message":"Sign in first.","path":["a"],"extensions":{"code":"UNAUTHENTICATED","service":"users"}}]}"#;
        let shown = r#"{"data":{"a":null},"errors":[{"message":"Sign in first.","locations":[{"column":3,"line":1}],"path":["a"],"extensions":{"code":"UNAUTHENTICATED"}}]}"#;
        assert_eq!(shown_as(body, StatusCode::OK), shown);
    }

    #[test]
    fn a_subgraph_that_is_away_is_not_named() {
        let body = r#"{"data":{"a":null},"errors":[{"message":"HTTP fetch failed from 'users': tcp connect to 10.0.0.7","extensions":{"code":"SUBREQUEST_HTTP_ERROR","service":"users","reason":"tcp connect"}}]}"#;
        let shown = shown_as(body, StatusCode::OK);
        assert!(shown.contains(r#""code":"UNAVAILABLE""#), "{shown}");
        assert!(!shown.contains("users") && !shown.contains("10.0.0.7"), "{shown}");
    }

    #[test]
    fn an_operation_that_was_run_has_data_even_if_it_is_null() {
        let body = r#"{"data":null,"errors":[{"message":"Gone.","extensions":{"code":"INTERNAL"}}]}"#;
        assert_eq!(shown_as(body, StatusCode::OK), body);
    }

    #[test]
    fn what_a_subgraph_refuses_is_told_once_and_in_its_own_words() {
        let body = r#"{"data":null,"errors":[{"message":"HTTP fetch failed from 'search': 400: Bad Request","path":[],"extensions":{"code":"SUBREQUEST_HTTP_ERROR","service":"search","reason":"400: Bad Request","http":{"status":400}}},{"message":"No such filter.","path":[],"extensions":{"code":"BAD_USER_INPUT","service":"search"}}]}"#;
        let (shown, status) = shown(Bytes::from(body), StatusCode::OK);
        assert_eq!(status, StatusCode::OK);
        assert_eq!(
            shown,
            r#"{"data":null,"errors":[{"message":"No such filter.","extensions":{"code":"BAD_USER_INPUT"}}]}"#
        );
    }

    #[test]
    fn what_the_router_finds_wrong_with_the_input_is_told() {
        let body = r#"{"errors":[{"message":"invalid type for variable: 'id'","extensions":{"code":"VALIDATION_INVALID_TYPE_VARIABLE"}}]}"#;
        let shown = shown_as(body, StatusCode::BAD_REQUEST);
        assert_eq!(
            shown,
            r#"{"errors":[{"message":"invalid type for variable: 'id'","extensions":{"code":"BAD_USER_INPUT"}}]}"#
        );
    }
}
