use axum::http::{StatusCode, header};
use serde_json::json;

use crate::sample::{JSON, Reply, request, send};

const MODERN: &str = "application/graphql-response+json; charset=utf-8";
const PLAIN: &str = "application/json; charset=utf-8";

async fn ask(query: &str, accept: Option<&str>) -> Reply {
    let accept = accept.map(|accept| ("accept", accept));
    let headers: Vec<_> = accept.into_iter().chain([JSON]).collect();
    send(request("POST", "", &headers, json!({ "query": query }).to_string())).await
}

#[tokio::test]
async fn the_answer_has_the_type_that_was_asked_for() {
    for (accept, content_type) in [
        (None, PLAIN),
        (Some("*/*"), PLAIN),
        (Some("application/json"), PLAIN),
        (Some("application/graphql-response+json"), MODERN),
        (Some("application/json, application/graphql-response+json"), MODERN),
        (Some("application/graphql-response+json;q=0.2, application/json;q=0.8"), PLAIN),
    ] {
        let reply = ask("{ __typename }", accept).await;
        assert_eq!((reply.status, reply.content_type()), (StatusCode::OK, content_type), "{accept:?}");
        assert_eq!(reply.headers[header::VARY], "accept");
    }
}

#[tokio::test]
async fn a_client_that_takes_no_json_is_told_what_there_is() {
    for accept in ["text/html", "application/json;q=0", "application/json;charset=latin1"] {
        let reply = ask("{ __typename }", Some(accept)).await;
        assert_eq!((reply.status, reply.code()), (StatusCode::NOT_ACCEPTABLE, "BAD_REQUEST"));
        assert_eq!(reply.content_type(), PLAIN);
    }
}

#[tokio::test]
async fn a_refused_document_is_a_400_only_where_the_status_tells_of_graphql() {
    for query in ["{", "{ nowhere }", "query A { sum(left: 1) } query B { sum(left: 2) }", "{ a: again { again } "] {
        let modern = ask(query, Some("application/graphql-response+json")).await;
        assert_eq!(modern.status, StatusCode::BAD_REQUEST, "{query}");
        let plain = ask(query, Some("application/json")).await;
        assert_eq!(plain.status, StatusCode::OK, "{query}");
        assert_eq!(modern.json, plain.json);
        assert!(modern.json.get("data").is_none(), "{query}");
    }
}

#[tokio::test]
async fn other_statuses_are_the_same_in_both_types() {
    for accept in ["application/graphql-response+json", "application/json"] {
        let headers = [("accept", accept), JSON, ("x-caller", "mallory")];
        let reply = send(request("POST", "", &headers, r#"{"query": "{ caller }"}"#)).await;
        assert_eq!((reply.status, reply.code()), (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"));
        assert_eq!(reply.headers[header::WWW_AUTHENTICATE], "Bearer");
    }
}
