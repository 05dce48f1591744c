//! Documents made to stop a server are refused, and the server is well afterwards.

use std::time::Instant;

use kit::guard::hostile::hostile_documents;
use serde_json::json;
use system_tests::{Client, Shop};

#[tokio::test]
async fn every_hostile_document_is_refused_by_the_edge() {
    all_refused(Shop::shared().await.visitor()).await;
}

#[tokio::test]
async fn every_hostile_document_is_refused_by_a_subgraph() {
    all_refused(Client::new(Shop::shared().await.address("catalog"))).await;
}

async fn all_refused(client: Client) {
    let documents = hostile_documents();
    assert!(documents.len() >= 30, "{} documents", documents.len());
    for (name, document) in documents {
        let asked = Instant::now();
        let answer = client.send(&document, json!({})).await;
        println!("{name}: {} in {:.1} ms", answer.status, asked.elapsed().as_secs_f64() * 1000.0);
        assert!(answer.body["errors"][0]["extensions"]["code"].is_string(), "{name}: {}", answer.body);
        assert_eq!(answer.body.get("data"), None, "{name}");
        assert!(answer.status < 500, "{name}: {}", answer.status);
    }
    assert_eq!(client.ask("{ __typename }", json!({})).await, json!({"__typename": "Query"}));
}
