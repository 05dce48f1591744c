//! A storefront of somebody else's making, at another origin than the shop's: built with Vite, TypeScript and
//! graphql-codegen from what the shop says of its schema, and used in a real browser.

use std::time::Duration;

use serde_json::{Value, json};
use system_tests::{MUG, Shop};

use crate::npm;

/// It takes some ten seconds. Whoever waits for longer waits for nothing.
const WITHIN: Duration = Duration::from_secs(180);

#[tokio::test]
async fn a_page_of_another_origin_browses_and_buys() {
    let (Some(chromium), Some(client)) = (npm::chromium(), npm::installed("client")) else { return };
    let shop = Shop::shared().await;
    let mut node = tokio::process::Command::new("node");
    node.arg(client.join("shop.mjs")).arg(chromium).arg(shop.url()).arg(MUG.title);
    let seen = tokio::time::timeout(WITHIN, npm::said(&mut node)).await.expect("the page is done in time");
    println!("milliseconds: {}", seen["milliseconds"]);
    assert!(seen["generated"].as_u64().is_some_and(|files| files >= 3), "{seen}");
    for guest in ["byCookie", "byHeader"] {
        let told = &seen[guest];
        assert!(told["acrossOrigins"].as_u64().is_some_and(|answers| answers >= 7), "of another origin: {told}");
        assert!(told["categories"].as_u64().is_some_and(|shown| shown >= 1), "{told}");
        assert!(told["cart"].as_str().is_some_and(|cart| cart.contains(&format!("1 x {}", MUG.title))), "{told}");
        assert!(told["order"].as_str().is_some_and(|order| order.starts_with("Order ")), "{told}");
        assert_eq!((&told["complaints"], &told["stored"]), (&json!([]), &json!("{}")), "{told}");
    }
    let kept = json!({"httpOnly": true, "secure": true, "sameSite": "Lax"});
    assert_eq!(seen["byCookie"]["cookie"], kept, "{seen}");
    assert_eq!(seen["byHeader"]["cookie"], Value::Null, "{seen}");
}
