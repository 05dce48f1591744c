//! Lists within lists are refused for what they cost, and the shop is well afterwards.

use std::collections::BTreeMap;
use std::time::Instant;

use kit::graphql::guard::Bomb;
use serde_json::{Value, json};
use system_tests::{Client, Shop};

const BOMBS: &str = include_str!("../bombs.toml");

#[tokio::test]
async fn every_bomb_is_refused_for_what_it_costs() {
    let shop = Shop::shared().await;
    let bombs = Bomb::parse(BOMBS).unwrap();
    let mut doors: BTreeMap<&str, Client> = BTreeMap::from([("edge", shop.visitor())]);
    let mut refused: BTreeMap<&str, usize> = BTreeMap::new();
    for bomb in &bombs {
        if !doors.contains_key(bomb.door.as_str()) {
            doors.insert(&bomb.door, shop.door(&bomb.door).await);
        }
        let client = &doors[bomb.door.as_str()];
        let asked = Instant::now();
        let answer = client.send_raw(bomb.body().to_string()).await;
        let error = &answer.body["errors"][0];
        println!(
            "{:<9} {:<45} {:>5.1} ms, costs {}",
            bomb.door,
            bomb.name,
            asked.elapsed().as_secs_f64() * 1000.0,
            error["extensions"]["cost"]
        );
        assert_eq!(error["extensions"]["code"], "TOO_COMPLEX", "{}: {}", bomb.name, answer.body);
        assert!(error["extensions"]["cost"].as_u64() > error["extensions"]["budget"].as_u64(), "{}", answer.body);
        assert!(error["extensions"]["field"].as_str().is_some_and(|field| !field.is_empty()), "{}", answer.body);
        assert_eq!(answer.body.get("data"), None, "{}", bomb.name);
        *refused.entry(&bomb.door).or_default() += 1;
    }
    assert!(refused["edge"] >= 40 && refused.values().sum::<usize>() >= 60 && refused.len() > 5, "{refused:?}");
    for client in doors.values() {
        assert_eq!(client.ask("{ __typename }", json!({})).await, json!({"__typename": "Query"}));
    }
    let page = shop.visitor().ask("{ categories { products(first: 3) { nodes { id } } } }", json!({})).await;
    assert!(page["categories"].as_array().is_some_and(|all| !all.is_empty()), "{page}");
}

/// One refusal in full: what it costs, what fits, and where the cost lies.
#[tokio::test]
async fn a_refusal_says_which_list_to_shorten() {
    let document = "query Shelves($n: Int!) { categories { products(first: $n) { nodes { id variants(first: 100) { nodes { id } } } } } }";
    let visitor = Shop::shared().await.visitor();
    let answer = visitor.send(document, json!({"n": 100})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let error: &Value = &answer.body["errors"][0];
    assert_eq!(error["extensions"]["field"], "categories.products.nodes.variants.nodes");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("at most 10000 fit") && message.contains("`categories.products.nodes.variants.nodes`"));
    assert!(visitor.send(document, json!({"n": 1})).await.body["data"].is_object());
}
