//! A router that hangs up on a question that it was sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

use crate::edge::Edge;

/// An edge whose router hangs up on its first connection once it was asked something, and how often it was connected to.
async fn edge() -> (Edge, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let between = format!("http://{}/router", listener.local_addr().unwrap());
    let edge = Edge::set_up(|settings| settings.router_url = between).await;
    let (router, connections) =
        (edge.standin.url().trim_start_matches("http://").to_owned(), Arc::<AtomicUsize>::default());
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut asker, _)) = listener.accept().await {
            if counted.fetch_add(1, Ordering::Relaxed) == 0 {
                asker.read_u8().await.unwrap();
                continue;
            }
            let mut router = TcpStream::connect(&router).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut asker, &mut router).await });
        }
    });
    (edge, connections)
}

async fn ask(edge: &Edge, document: &str) -> reqwest::Response {
    let request = reqwest::Client::new().post(format!("{}/graphql", edge.url));
    request.json(&json!({ "query": document })).send().await.unwrap()
}

#[tokio::test]
async fn a_query_is_asked_once_more() {
    let (edge, connections) = edge().await;
    let answer = ask(&edge, "{ __typename }").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(connections.load(Ordering::Relaxed), 2);
    assert_eq!(edge.standin.told(|told| told.documents.len()), 1);
}

#[tokio::test]
async fn a_mutation_that_may_have_been_made_is_not_sent_again() {
    let (edge, connections) = edge().await;
    let answer = ask(&edge, "mutation { __typename }").await;
    assert_eq!(answer.status(), 503);
    assert_eq!(connections.load(Ordering::Relaxed), 1);
    assert_eq!(edge.standin.told(|told| told.documents.len()), 0);
}

#[tokio::test]
async fn a_mutation_whose_every_change_has_a_key_is_sent_again() {
    let add = |alias, key| format!("{alias}: cartLinesAdd(input: {{ {key} lines: [] }}) {{ cart {{ id }} }}");
    let (keyed, claim) = ("idempotencyKey: \"k\",", "cartClaim(input: { cartId: \"cart_1\" }) { userErrors { code } }");
    for (changes, sent) in [
        (add("a", keyed), 1),
        (format!("{} {}", add("a", keyed), add("b", keyed)), 1),
        (format!("{} {claim}", add("a", keyed)), 0),
    ] {
        let (edge, _connections) = edge().await;
        let answer = ask(&edge, &format!("mutation {{ {changes} }}")).await;
        assert_eq!(answer.status(), if sent == 1 { 200 } else { 503 }, "{changes}");
        assert_eq!(edge.standin.told(|told| told.documents.len()), sent, "{changes}");
    }
}
