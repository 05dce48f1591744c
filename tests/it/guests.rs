//! Somebody buys without an account, and finds the order again.

use serde_json::{Value, json};
use system_tests::shopper::{Shopper, a_guest_with, token_mailed_to};
use system_tests::{Client, MUG, Shop};
use uuid::Uuid;

const REGISTER: &str =
    "mutation($input: UserRegisterInput!) { userRegister(input: $input) { userErrors { message } } }";
const VERIFY: &str = "mutation($input: UserEmailVerifyInput!) { userEmailVerify(input: $input) { accessToken } }";
const ORDERS: &str = "{ orders { nodes { id } } }";

/// A guest who has bought a mug, with the order's id.
async fn a_buyer(shop: &Shop, email: &str) -> (Shopper, Value) {
    let guest = a_guest_with(shop, MUG, 1).await;
    let mut input = guest.checkout_input();
    input["email"] = json!(email);
    let checkout = guest.check_out(&input).await;
    assert_eq!(checkout["state"], "COMPLETED", "{checkout}");
    let order = checkout["order"]["id"].clone();
    (guest, order)
}

fn an_address() -> String {
    format!("{}@example.com", Uuid::now_v7().simple())
}

async fn an_account(shop: &Shop, email: &str) -> Client {
    let input = json!({"email": email, "password": "correct horse battery", "displayName": "Ada"});
    shop.visitor().ask(REGISTER, json!({"input": input})).await;
    let token = token_mailed_to(shop, email).await;
    let data = shop.visitor().ask(VERIFY, json!({"input": {"token": token}})).await;
    shop.visitor().with_access_token(data["userEmailVerify"]["accessToken"].as_str().expect("signed in"))
}

#[tokio::test]
async fn a_guest_s_order_is_in_the_account_that_is_made_with_the_same_address() {
    let shop = Shop::shared().await;
    let email = an_address();
    let (guest, order) = a_buyer(shop, &email).await;
    let stranger = an_account(shop, &an_address()).await;
    assert_eq!(stranger.ask(ORDERS, json!({})).await["orders"]["nodes"], json!([]));
    let owner = an_account(shop, &email).await;
    assert_eq!(owner.ask(ORDERS, json!({})).await["orders"]["nodes"], json!([{"id": order}]));
    assert_eq!(guest.order(&order).await, Value::Null, "it has one owner");
    let parts = "query($id: ID!) { order(id: $id) { payments { last4 } shipments { id } } }";
    assert_eq!(owner.at_last(parts, json!({"id": order}), "/order/payments/0/last4").await, "4242");
    owner.at_last(parts, json!({"id": order}), "/order/shipments/0/id").await;
    let review =
        "mutation($input: ReviewSubmitInput!) { reviewSubmit(input: $input) { review { id } userErrors { message } } }";
    let input = json!({"productId": MUG.product(), "rating": 5, "title": "Holds tea",
        "body": "As much tea as it should hold.", "idempotencyKey": Uuid::now_v7()});
    let data = owner.ask(review, json!({"input": input})).await;
    assert_eq!(data["reviewSubmit"]["userErrors"], json!([]), "{data}");
    let verified = "query($id: ID!) { review(id: $id) { verifiedPurchase } }";
    owner.at_last(verified, json!({"id": data["reviewSubmit"]["review"]["id"]}), "/review/verifiedPurchase").await;
}

#[tokio::test]
async fn a_guest_finds_an_order_again_by_its_number_and_a_link() {
    let shop = Shop::shared().await;
    let email = an_address();
    let (guest, order) = a_buyer(shop, &email).await;
    let number = guest.order(&order).await["number"].clone();
    let ask =
        "mutation($input: OrderAccessRequestInput!) { orderAccessRequest(input: $input) { userErrors { code } } }";
    let nothing = json!({"orderAccessRequest": {"userErrors": []}});
    for typed in [json!({"number": number, "email": an_address()}), json!({"number": number, "email": email})] {
        assert_eq!(shop.visitor().ask(ask, json!({"input": typed})).await, nothing);
    }
    let token = token_mailed_to(shop, &email).await;
    let page = shop.visitor().get(&format!("/auth/order?token={token}")).await;
    assert!(page.contains("Show my order"), "{page}");
    let open = "mutation($input: OrderAccessOpenInput!) { orderAccessOpen(input: $input) { cartToken order { id } userErrors { code } } }";
    let opened = shop.visitor().ask(open, json!({"input": {"token": token}})).await["orderAccessOpen"].clone();
    assert_eq!(opened["order"]["id"], order, "looking at the page has not used the link up: {opened}");
    let found = shop.visitor().with_cart_token(opened["cartToken"].as_str().expect("a secret"));
    let parcel = "query($id: ID!) { order(id: $id) { number shipments { id } } }";
    found.at_last(parcel, json!({"id": order}), "/order/shipments/0/id").await;
    let again = shop.visitor().ask(open, json!({"input": {"token": token}})).await;
    assert_eq!(again["orderAccessOpen"]["userErrors"], json!([{"code": "LINK_EXPIRED"}]));
}

#[tokio::test]
async fn staff_who_may_see_anybody_s_order_and_not_whose_it_is() {
    let shop = Shop::shared().await;
    let (_, order) = a_buyer(shop, &an_address()).await;
    let staff = system_tests::shopper::staff(shop).await;
    let document = "query($id: ID!) { order(id: $id) { id email shippingAddress { city } } orders(of: EVERYBODY, first: 1) { nodes { id } } }";
    let seen = staff.ask(document, json!({"id": order})).await;
    assert_eq!(seen["order"], json!({"id": order, "email": null, "shippingAddress": null}));
    assert_eq!(seen["orders"]["nodes"].as_array().map(Vec::len), Some(1));
}
