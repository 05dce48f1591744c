//! What a real browser makes of all this.

use serde_json::Value;

use crate::edge::Edge;
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
