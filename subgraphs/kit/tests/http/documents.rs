use std::time::Duration;

use axum::http::StatusCode;
use kit::graphql::guard::hostile::{INTROSPECTION, hostile_documents};
use kit::testing::CpuTime;
use serde_json::json;

use crate::sample::{ask, post};

#[tokio::test]
async fn every_hostile_document_gets_a_typed_refusal_at_once() {
    for (name, document) in hostile_documents() {
        let effort = CpuTime::begin();
        let reply = ask(&document).await;
        let took = effort.so_far();
        let refused = matches!(reply.status, StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE);
        assert!(refused && !reply.code().is_empty(), "{name}: {} {}", reply.status, reply.json);
        assert!(took < Duration::from_millis(500), "{name}: {took:?} of work");
    }
}

#[tokio::test]
async fn introspection_answers() {
    let reply = ask(INTROSPECTION).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.json);
    assert_eq!(reply.json["data"]["__schema"]["queryType"]["name"], "Query");
}

#[tokio::test]
async fn the_operation_name_chooses() {
    let query = "query A { sum(left: 1) } query B { sum(left: 2) }";
    let reply = post(json!({ "query": query, "operationName": "B" })).await;
    assert_eq!(reply.json, json!({ "data": { "sum": 2 } }));
    for name in [json!(null), json!("C"), json!("")] {
        let reply = post(json!({ "query": query, "operationName": name })).await;
        assert_eq!((reply.status, reply.code()), (StatusCode::BAD_REQUEST, "BAD_REQUEST"));
        assert!(reply.message().contains("`A`, `B`"), "{}", reply.message());
    }
    let reply = post(json!({ "query": "{ sum(left: 1) }", "operationName": "A" })).await;
    assert!(reply.message().contains("anonymous"), "{}", reply.message());
}

#[tokio::test]
async fn a_subscription_is_refused_where_there_is_none() {
    let reply = ask("subscription { ticks }").await;
    assert_eq!((reply.status, reply.code()), (StatusCode::BAD_REQUEST, "GRAPHQL_VALIDATION_FAILED"));
}

#[tokio::test]
async fn the_widest_admitted_documents_are_validated_at_once() {
    let fragments: String = (0..120).map(|i| format!("fragment F{i} on Query {{ x{i} y{i} ...F{} }}", i + 1)).collect();
    let widest = [
        format!("{{ again {{ {} }} }}", "sum(left: 1) ".repeat(490)),
        format!("{{ again {{ {} }} }}", (0..480).map(|i| format!("unknown{i} ")).collect::<String>()),
        format!("query({}) {{ __typename }}", (0..700).map(|i| format!("$v{i}:Int")).collect::<String>()),
        format!("{{ sum(left: 1, {}) }}", (0..900).map(|i| format!("x{i}:1 ")).collect::<String>()),
        format!("{{ sum(left: [{}]) }}", "1 ".repeat(2_900)),
        format!("{{ within(range: {{{}}}) }}", (0..900).map(|i| format!("x{i}:1 ")).collect::<String>()),
        format!("{{ ...F100 }} {fragments} fragment F120 on Query {{ __typename }}"),
        format!("{{ {} a {} }}", "... { ".repeat(30), "} ".repeat(30)),
    ];
    for document in widest {
        let effort = CpuTime::begin();
        let reply = ask(&document).await;
        let took = effort.so_far();
        assert!(took < Duration::from_millis(1_000), "{took:?} of work for {}", &document[..40]);
        assert!(reply.json["errors"].as_array().is_none_or(|errors| errors.len() <= 20));
    }
}
