use axum::http::{StatusCode, header};
use serde_json::json;

use crate::sample::{JSON, MODERN, ask, request, send};

const SUM: &str = "?query=query($l:Int!)%7Bsum(left:$l)%7D&variables=%7B%22l%22:2%7D";
const MUTATION: &str = "?query=mutation%7Bincrement(by:1)%7D";

#[tokio::test]
async fn a_get_reads() {
    let reply = send(request("GET", SUM, &[MODERN], "")).await;
    assert_eq!((reply.status, reply.json), (StatusCode::OK, json!({ "data": { "sum": 2 } })));
}

#[tokio::test]
async fn a_get_never_writes() {
    for headers in [&[MODERN][..], &[], &[MODERN, JSON, ("apollo-require-preflight", "1")]] {
        let reply = send(request("GET", MUTATION, headers, "")).await;
        assert_eq!((reply.status, reply.code()), (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED"));
        assert_eq!(reply.headers[header::ALLOW], "POST");
    }
}

#[tokio::test]
async fn a_get_runs_the_operation_that_it_names() {
    let document = "?query=query+A%7Bsum(left:1)%7D+mutation+B%7Bincrement(by:1)%7D&operationName=";
    let reply = send(request("GET", &format!("{document}A"), &[MODERN], "")).await;
    assert_eq!(reply.json, json!({ "data": { "sum": 1 } }));
    let reply = send(request("GET", &format!("{document}B"), &[MODERN], "")).await;
    assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_get_from_another_sites_page_is_refused_unless_the_browser_asked_first() {
    let cross = ("sec-fetch-site", "cross-site");
    let reply = send(request("GET", SUM, &[MODERN, cross], "")).await;
    assert_eq!((reply.status, reply.code()), (StatusCode::FORBIDDEN, "CSRF_SUSPECTED"));
    let reply = send(request("GET", SUM, &[MODERN, cross, ("apollo-require-preflight", "1")], "")).await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn malformed_parameters_of_a_get_are_named() {
    for (query, about) in [
        ("?query=%7Ba%7D&variables=%7B", "`variables`"),
        ("?query=%7Ba%7D&variables=[]", "`variables`"),
        ("?query=%7Ba%7D&extensions=1", "`extensions`"),
        ("?operationName=A", "`query`"),
        ("", "`query`"),
    ] {
        let reply = send(request("GET", query, &[MODERN], "")).await;
        assert_eq!((reply.status, reply.code()), (StatusCode::BAD_REQUEST, "BAD_REQUEST"), "{query}");
        assert!(reply.message().contains(about), "{query}: {}", reply.message());
    }
}

#[tokio::test]
async fn a_long_document_is_as_long_in_a_url() {
    let reply = send(request("GET", &format!("?query={}", "a".repeat(40_000)), &[MODERN], "")).await;
    assert_eq!((reply.status, reply.code()), (StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE"));
}

#[tokio::test]
async fn other_methods_are_refused_with_those_allowed() {
    for method in ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
        let reply = send(request(method, SUM, &[JSON], "")).await;
        assert_eq!((reply.status, reply.code()), (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED"));
        assert_eq!(reply.headers[header::ALLOW], "GET, POST");
    }
}

#[tokio::test]
async fn a_post_writes() {
    assert_eq!(ask("mutation { increment(by: 1) }").await.json, json!({ "data": { "increment": 2 } }));
}
