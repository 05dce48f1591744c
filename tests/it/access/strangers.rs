//! Somebody else's things, asked for at every door.

use serde_json::{Value, json};
use system_tests::{MUG, Shop};

use system_tests::shopper::{a_guest_with, a_new_user};

const ENTITIES: &str =
    "query($of: [_Any!]!) { _entities(representations: $of) { __typename ... on Order { FIELDS } } }";

#[tokio::test]
async fn nobody_else_reads_an_order_its_payments_or_its_shipments() {
    let shop = Shop::shared().await;
    let owner = a_guest_with(shop, MUG, 1).await;
    let checkout = owner.check_out(&owner.checkout_input()).await;
    let order = &checkout["order"]["id"];
    let strangers = [shop.visitor(), shop.visitor().with_cart_token("a guess"), a_new_user(shop).await];
    for stranger in &strangers {
        let document = "query($order: ID!, $checkout: ID!) { order(id: $order) { id } checkout(id: $checkout) { id } }";
        let seen = stranger.ask(document, json!({"order": order, "checkout": checkout["id"]})).await;
        assert_eq!(seen, json!({"order": null, "checkout": null}));
    }
}

#[tokio::test]
async fn the_entity_door_applies_the_same_rule() {
    let shop = Shop::shared().await;
    let owner = a_guest_with(shop, MUG, 1).await;
    let checkout = owner.check_out(&owner.checkout_input()).await;
    let of = json!([{"__typename": "Order", "id": checkout["order"]["id"]}]);
    for (subgraph, fields) in [
        ("orders", "number"),
        ("payments", "paymentState payments { id }"),
        ("shipping", "fulfillmentState shipments { id }"),
    ] {
        let document = ENTITIES.replace("FIELDS", fields);
        let door = shop.door(subgraph).await.with_cart_token("a guess");
        let seen = door.ask(&document, json!({"of": of})).await;
        assert!(tells_nothing(&seen["_entities"][0]), "{subgraph}: {seen}");
        let own = shop.door(subgraph).await.with_cart_token(&owner.secret());
        let seen = own.ask(&document, json!({"of": of})).await;
        assert!(!tells_nothing(&seen["_entities"][0]), "{subgraph}: {seen}");
    }
}

/// Null, or nothing but nulls beside the name of the type.
fn tells_nothing(entity: &Value) -> bool {
    let fields = entity.as_object().into_iter().flatten().filter(|(name, _)| *name != "__typename");
    fields.into_iter().all(|(_, value)| value.is_null())
}
