//! What a real browser makes of all this.

use serde_json::{Value, json};

use crate::edge::Edge;
use crate::npm;
use crate::provider::{self, OpenIdProvider};

#[tokio::test]
async fn a_real_browser_keeps_the_cookie_and_sees_no_token() {
    let Some(provider) = OpenIdProvider::start() else { return };
    let edge = Edge::trusting(&provider.issuer).await;
    let Some(seen) = provider::seen_by_chromium(&edge.url).await else { return };
    provider::assert_a_session_begins_and_ends(&seen, &edge.url);
    assert_eq!(seen["me"]["status"], Value::from(200), "{seen}");
    let routed = edge.standin.told(|told| std::mem::take(&mut told.routed));
    let with_token = routed.iter().filter(|headers| headers.contains_key("authorization")).count();
    assert!(with_token >= 1, "{with_token} of {}", routed.len());
}

#[tokio::test]
async fn a_visit_to_graphiql_goes_on_in_the_tab_where_the_last_one_ended() {
    let Some(chromium) = npm::chromium() else { return };
    let Some(scripts) = npm::installed("oidc") else { return };
    let edge = Edge::start().await;
    let mut node = tokio::process::Command::new("node");
    node.arg(scripts.join("graphiql.mjs")).arg(chromium).arg(&edge.url);
    let seen = npm::said(&mut node).await;
    assert_eq!(seen["tabs"], json!([7, 7, 7]), "{seen}");
    assert_eq!(seen["active"][0], seen["active"][1], "{seen}");
    assert_ne!(seen["active"][1], seen["active"][2], "{seen}");
}
