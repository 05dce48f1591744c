//! Documents made to stop a server are refused, and the server is well afterwards.

use std::time::Instant;

use kit::graphql::guard::hostile::hostile_documents;
use serde_json::json;
use system_tests::{Client, Shop};

#[tokio::test]
async fn the_edge_refuses_every_one() {
    let refused = refused_by(Shop::shared().await.visitor()).await;
    assert_eq!(refused, hostile_documents().len());
}

/// A subgraph's limits are wider, for the router writes its documents: what fits them is answered like any other.
#[tokio::test]
async fn a_subgraph_outlives_every_one_and_refuses_most() {
    let refused = refused_by(Shop::shared().await.door("catalog").await).await;
    assert!(refused >= 30, "{refused} refused");
}

/// How many are refused, by a server that is well afterwards and never at fault.
async fn refused_by(client: Client) -> usize {
    let mut refused = 0;
    for (name, document) in hostile_documents() {
        let asked = Instant::now();
        let answer = client.send(&document, json!({})).await;
        println!("{name}: {} in {:.1} ms", answer.status, asked.elapsed().as_secs_f64() * 1000.0);
        assert!(answer.status < 500, "{name}: {}", answer.status);
        if answer.body.get("data").is_none() {
            assert!(answer.body["errors"][0]["extensions"]["code"].is_string(), "{name}: {}", answer.body);
            refused += 1;
        }
    }
    assert_eq!(client.ask("{ __typename }", json!({})).await, json!({"__typename": "Query"}));
    refused
}
