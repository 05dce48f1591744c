//! A session that has ended opens nothing any more.

use serde_json::json;
use system_tests::Shop;
use system_tests::shopper::a_new_user;

#[tokio::test]
async fn a_token_of_a_session_that_ended_is_refused_at_once() {
    let shop = Shop::shared().await;
    let user = a_new_user(shop).await;
    assert_ne!(user.ask("{ me { id } }", json!({})).await["me"], json!(null));
    user.ask("mutation { userLogout(input: {}) { userErrors { message } } }", json!({})).await;
    let answer = user.send("{ me { id } }", json!({})).await;
    assert_eq!(answer.body["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{}", answer.body);
}
