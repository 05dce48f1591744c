//! GraphQL over HTTP as the specification asks, and the pages around it.

use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use serde_json::json;
use system_tests::Shop;

async fn get(path: &str, accept: &str) -> Response {
    let client = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
    let url = format!("{}{path}", Shop::shared().await.url());
    client.get(url).header(ACCEPT, accept).send().await.unwrap()
}

#[tokio::test]
async fn a_query_may_be_a_get() {
    let answer = get("/graphql?query=%7B__typename%7D", "application/graphql-response+json").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/graphql-response+json; charset=utf-8");
    assert_eq!(answer.json::<serde_json::Value>().await.unwrap(), json!({"data": {"__typename": "Query"}}));
}

#[tokio::test]
async fn a_mutation_may_not_be_a_get() {
    let path =
        "/graphql?query=mutation%7BuserLogin(input%3A%7Bemail%3A%22a%22%2Cpassword%3A%22b%22%7D)%7B__typename%7D%7D";
    let answer = get(path, "application/json").await;
    assert_eq!(answer.status(), 405);
    assert_eq!(
        answer.json::<serde_json::Value>().await.unwrap()["errors"][0]["extensions"]["code"],
        "METHOD_NOT_ALLOWED"
    );
}

#[tokio::test]
async fn a_batch_is_refused() {
    let answer = Shop::shared().await.visitor().send_raw(r#"[{"query":"{__typename}"}]"#).await;
    assert_eq!(answer.body["errors"][0]["extensions"]["code"], "BAD_REQUEST");
}

#[tokio::test]
async fn a_browser_that_comes_to_graphql_is_led_to_graphiql() {
    let answer = get("/graphql", "text/html,application/xhtml+xml,*/*;q=0.8").await;
    assert_eq!((answer.status().as_u16(), answer.headers()[LOCATION].to_str().unwrap()), (303, "/graphiql"));
}

#[tokio::test]
async fn the_pages_come_with_the_binary_and_name_nobody_elses_server() {
    for path in ["/", "/graphiql", "/landing.css", "/favicon.svg"] {
        let answer = get(path, "*/*").await;
        assert_eq!(answer.status(), 200, "{path}");
        let text = answer.text().await.unwrap();
        let foreign = text.match_indices("src=\"http").count() + text.match_indices("url(http").count();
        assert_eq!(foreign, 0, "{path} loads from elsewhere");
    }
}

#[tokio::test]
async fn probes_and_public_keys_answer() {
    let shop = Shop::shared().await;
    assert_eq!(shop.visitor().get("/health").await, "ok\n");
    assert_eq!(shop.visitor().get("/ready").await, "ready\n");
    let keys: serde_json::Value = serde_json::from_str(&shop.visitor().get("/.well-known/jwks.json").await).unwrap();
    assert_eq!((&keys["keys"][0]["kty"], &keys["keys"][0]["crv"]), (&json!("OKP"), &json!("Ed25519")));
}
