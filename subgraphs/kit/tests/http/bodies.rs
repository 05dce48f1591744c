use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use futures::stream;
use serde_json::json;

use crate::sample::{JSON, MODERN, Reply, post, request, send};

async fn post_as(content_type: Option<&str>, body: impl Into<Body>) -> Reply {
    let content_type = content_type.map(|content_type| ("content-type", content_type));
    let headers: Vec<_> = content_type.into_iter().chain([MODERN]).collect();
    send(request("POST", "", &headers, body)).await
}

#[tokio::test]
async fn the_body_must_say_that_it_is_json() {
    let body = r#"{"query": "{ __typename }"}"#;
    for taken in ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=\"UTF-8\""] {
        assert_eq!(post_as(Some(taken), body).await.status, StatusCode::OK, "{taken}");
    }
    for refused in [
        None,
        Some(""),
        Some("json"),
        Some("text/plain"),
        Some("text/plain; a=application/json"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/json; charset=utf-16"),
        Some("application/graphql"),
        Some("application/graphql-response+json"),
    ] {
        let reply = post_as(refused, body).await;
        assert_eq!((reply.status, reply.code()), (StatusCode::UNSUPPORTED_MEDIA_TYPE, "BAD_REQUEST"), "{refused:?}");
    }
}

#[tokio::test]
async fn a_compressed_body_is_refused_unread() {
    let headers = [JSON, MODERN, ("content-encoding", "gzip")];
    let reply = send(request("POST", "", &headers, "\u{1f}")).await;
    assert_eq!(reply.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn what_is_not_a_json_object_is_refused() {
    let bodies: [&[u8]; 10] = [
        b"",
        b"{",
        b"{\"query\": \"{ __typename }\"",
        b"{\"query\": \"{ __typename }\"} more",
        b"null",
        b"1",
        b"\"{ __typename }\"",
        b"\xff\xfe",
        b"{\"query\": \"\xff\"}",
        b"query=%7B__typename%7D",
    ];
    for body in bodies {
        let reply = post_as(Some("application/json"), body).await;
        assert_eq!((reply.status, reply.code()), (StatusCode::BAD_REQUEST, "BAD_REQUEST"), "{body:?}");
    }
}

#[tokio::test]
async fn a_batch_is_refused_with_what_to_do_instead() {
    for batch in [json!([]), json!([{ "query": "{ __typename }" }, { "query": "mutation { increment(by: 1) }" }])] {
        let reply = post(batch).await;
        assert_eq!((reply.status, reply.code()), (StatusCode::BAD_REQUEST, "BAD_REQUEST"));
        assert!(reply.message().contains("one request for each operation"), "{}", reply.message());
    }
}

#[tokio::test]
async fn an_over_long_body_is_refused_whether_or_not_it_says_how_long_it_is() {
    let long = format!(r#"{{"query": "{{ __typename }}", "x": "{}"}}"#, "x".repeat(100_000));
    for accept in ["application/graphql-response+json", "application/json"] {
        let headers = [JSON, ("accept", accept), ("content-length", "100034")];
        let reply = send(request("POST", "", &headers, long.clone())).await;
        assert_eq!((reply.status, reply.code()), (StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE"));
        let chunks = long.as_bytes().chunks(1_000).map(|chunk| Ok::<_, std::io::Error>(Bytes::copy_from_slice(chunk)));
        let body = Body::from_stream(stream::iter(chunks.collect::<Vec<_>>()));
        let reply = send(request("POST", "", &[JSON, ("accept", accept)], body)).await;
        assert_eq!((reply.status, reply.code()), (StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE"));
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let chunks = [Ok(Bytes::from_static(b"{\"query\"")), Err(std::io::Error::other("gone"))];
    let reply = post_as(Some("application/json"), Body::from_stream(stream::iter(chunks))).await;
    assert_eq!((reply.status, reply.code()), (StatusCode::BAD_REQUEST, "BAD_REQUEST"));
}

#[tokio::test]
async fn bottomless_variables_are_refused() {
    let nested = |open: &str, close: &str, n| format!("{}1{}", open.repeat(n), close.repeat(n));
    for (value, code) in [
        (nested("[", "]", 40), "TOO_COMPLEX"),
        (nested("{\"a\":", "}", 40), "TOO_COMPLEX"),
        (nested("[", "]", 40_000), "BAD_REQUEST"),
        (nested("{\"a\":", "}", 15_000), "BAD_REQUEST"),
    ] {
        let body = format!(r#"{{"query": "{{ __typename }}", "variables": {{"a": {value}}}}}"#);
        let reply = post_as(Some("application/json"), body).await;
        assert_eq!((reply.status, reply.code()), (StatusCode::BAD_REQUEST, code));
    }
}

#[tokio::test]
async fn text_of_any_alphabet_passes_through() {
    let variables = json!({ "text": "Καλημέρα 🏃\u{202e} " });
    let query = "query($text: String!) { firstWord(text: $text) }";
    let reply = post(json!({ "query": query, "variables": variables })).await;
    assert_eq!(reply.json, json!({ "data": { "firstWord": "Καλημέρα" } }));
}
