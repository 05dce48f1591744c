//! A guest's orders become theirs who show that the address is theirs.

use futures::future::join_all;
use kit::Viewer;
use kit::identity::privacy::{ERASE_REFUSED, ERASED};
use kit::identity::token::email_hash;
use kit::testing::{erased_from, erased_with, handed_over, handed_over_to, sent};
use serde_json::{Value, json};

use crate::cancel::parcel;
use crate::shop::{SOLD, Shop, ada, clerk, text};

/// Somebody signed in who has shown that this address is theirs.
pub fn verified(user: &str, email: &str) -> Viewer {
    let mut viewer = Viewer::user(user);
    viewer.signed.as_mut().expect("signed in").email_hash = Some(email_hash(email));
    viewer
}

/// Whoever has the address that every order of these tests is made with.
fn owner() -> Viewer {
    verified("user_ada", "ada@example.com")
}

async fn orders_of(shop: &Shop, viewer: &Viewer) -> Vec<String> {
    let answer = shop.ask_bare(viewer, "{ orders { nodes { id } } }").await;
    let nodes = answer["data"]["orders"]["nodes"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
    nodes.iter().map(|node| text(node, "/id")).collect()
}

async fn guest_s_order(shop: &Shop) -> (Viewer, String) {
    let (guest, _) = shop.guest_with(&[("b", 1)]).await;
    let order = shop.confirmed_order_of(&guest).await;
    (guest, order)
}

async fn claims(shop: &Shop) -> Vec<Value> {
    let sent = sent(&shop.db).await.into_iter();
    sent.filter(|(_, message)| message.kind == "order.claimed.v1").map(|(_, message)| message.body).collect()
}

#[tokio::test]
async fn a_guest_s_orders_are_in_the_account_with_the_same_verified_address_at_once() {
    let shop = Shop::open().await;
    let (guest, first) = guest_s_order(&shop).await;
    let (_, second) = guest_s_order(&shop).await;
    assert_eq!(orders_of(&shop, &guest).await, std::slice::from_ref(&first));
    for stranger in [ada(), verified("user_eve", "eve@example.com")] {
        assert_eq!(orders_of(&shop, &stranger).await, [""; 0], "{stranger:?}");
    }
    assert_eq!(orders_of(&shop, &owner()).await, [second.clone(), first.clone()]);
    let query = format!("{{ order(id: \"{first}\") {{ email shippingAddress {{ name }} }} }}");
    let seen = json!({"order": {"email": "ada@example.com", "shippingAddress": {"name": "Ada"}}});
    assert_eq!(shop.ask_bare(&ada(), &query).await["data"], seen, "a token that says no address sees what is theirs");
    assert_eq!(shop.ask_bare(&guest, &query).await["data"], json!({"order": null}), "it has one owner");
    let claims = claims(&shop).await;
    assert_eq!(claims.len(), 2, "one message each: {claims:?}");
    let lines = json!([{"productId": "prod_a", "variantId": "var_a", "quantity": 2}]);
    let told = json!({"orderId": first, "owner": "user:user_ada", "ownerVersion": 1, "stands": true, "lines": lines});
    assert!(claims.contains(&told), "{claims:?}");
}

#[tokio::test]
async fn an_order_comes_over_whichever_way_it_is_asked_for_first() {
    for asked in ["order", "checkout", "entity", "claim"] {
        let shop = Shop::open().await;
        let (guest, open) = shop.guest_with(&[("b", 1)]).await;
        let (checkout, order) = shop.checkout_of(&guest).await;
        for kind in SOLD {
            shop.hear(&order, kind).await;
        }
        let query = match asked {
            "order" => format!("{{ order(id: \"{order}\") {{ id }} }}"),
            "checkout" => format!("{{ checkout(id: \"{checkout}\") {{ id }} }}"),
            "entity" => format!(
                "{{ _entities(representations: [{{__typename: \"Order\", id: \"{order}\"}}]) {{ ... on Order {{ id }} }} }}"
            ),
            _ => format!("mutation {{ cartClaim(input: {{cartId: \"{open}\"}}) {{ cart {{ id }} }} }}"),
        };
        let both = Viewer { guest: guest.guest.clone(), ..owner() };
        let answer = shop.ask_bare(&both, &query).await;
        assert_eq!(answer.get("errors"), None, "{asked}: {answer}");
        assert_eq!(orders_of(&shop, &ada()).await, [order], "{asked}");
    }
}

#[tokio::test]
async fn twenty_who_ask_at_once_claim_an_order_once() {
    let shop = Shop::open().await;
    for _ in 0..3 {
        guest_s_order(&shop).await;
    }
    let (shop, viewer) = (&shop, &owner());
    let seen = join_all((0..20).map(|_| orders_of(shop, viewer))).await;
    assert!(seen.iter().all(|orders| orders.len() == 3), "{seen:?}");
    assert_eq!(claims(shop).await.len(), 3);
    orders_of(shop, viewer).await;
    assert_eq!(claims(shop).await.len(), 3, "and never again");
}

#[tokio::test]
async fn an_order_that_is_on_its_way_comes_over_when_its_checkout_is_settled() {
    let shop = Shop::open().await;
    let (guest, _) = shop.guest_with(&[("b", 1)]).await;
    let (_, order) = shop.checkout_of(&guest).await;
    for (heard, kind) in SOLD.iter().enumerate() {
        let confirmed = heard >= 4;
        assert_eq!(orders_of(&shop, &owner()).await.len(), usize::from(confirmed), "before {kind}");
        shop.hear(&order, kind).await;
    }
    let sent = sent(&shop.db).await;
    let told = sent.iter().find(|(_, message)| message.kind == "order.confirmed.v1").expect("it is confirmed");
    assert_eq!(told.1.body["owner"], "user:user_ada", "reviews hear of the owner of now");
    assert_eq!(claims(&shop).await[0]["stands"], false, "and of the claim only what that is worth");
}

#[tokio::test]
async fn what_has_come_over_is_exported_and_erased_with_the_account() {
    let shop = Shop::open().await;
    let (_, order) = guest_s_order(&shop).await;
    parcel(&shop, &order, "shipment.delivered.v1").await;
    orders_of(&shop, &owner()).await;
    let part = handed_over(&shop.db, shop.store.clone(), "user_ada").await;
    assert_eq!((&part["orders"][0]["id"], part["carts"].as_array().map(Vec::len)), (&json!(order), Some(1)));
    let erased = erased_from(&shop.db, shop.store.clone(), "user_ada", false).await;
    assert_eq!((erased.kind.as_str(), &erased.body["counts"]["orders"]), (ERASED, &json!(1)));
    let left: Vec<String> = kit::testing::rows(&shop.db).await;
    let named: Vec<&String> = left.iter().filter(|row| row.contains(&email_hash("ada@example.com"))).collect();
    assert!(named.is_empty(), "{named:#?}");
}

#[tokio::test]
async fn a_guest_s_orders_with_the_verified_address_are_exported_and_erased_though_nobody_looked_at_them() {
    let shop = Shop::open().await;
    let (_, order) = guest_s_order(&shop).await;
    let hash = email_hash("ada@example.com");
    let part = handed_over_to(&shop.db, shop.store.clone(), "user_ada", Some(&hash)).await;
    assert_eq!(part["orders"][0]["id"], json!(order));
    assert_eq!(claims(&shop).await.len(), 1, "payments, shipping and reviews hear of it");
    let (_, later) = guest_s_order(&shop).await;
    let (_, running) = shop.checkout_of(&shop.guest_with(&[("b", 1)]).await.0).await;
    let (_, third) = guest_s_order(&shop).await;
    let waiting = erased_with(&shop.db, shop.store.clone(), "user_ada", &hash).await;
    assert_eq!((waiting.kind.as_str(), &waiting.body["count"]), (ERASE_REFUSED, &json!(4)), "none has arrived");
    for kind in SOLD {
        shop.hear(&running, kind).await;
    }
    for order in [&order, &later, &running, &third] {
        parcel(&shop, order, "shipment.delivered.v1").await;
    }
    let erased = erased_with(&shop.db, shop.store.clone(), "user_ada", &hash).await;
    assert_eq!((erased.kind.as_str(), &erased.body["counts"]["orders"]), (ERASED, &json!(4)));
    let left: Vec<String> = kit::testing::rows(&shop.db).await;
    let named = left.iter().filter(|row| row.starts_with("orders:") && row.contains("ada@example.com"));
    assert_eq!(named.count(), 0);
}

#[tokio::test]
async fn who_has_verified_no_address_is_given_no_guest_s_orders() {
    let shop = Shop::open().await;
    guest_s_order(&shop).await;
    for hash in [None, Some(email_hash("eve@example.com"))] {
        let part = handed_over_to(&shop.db, shop.store.clone(), "user_eve", hash.as_deref()).await;
        assert_eq!(part["orders"], json!([]));
    }
    assert_eq!(claims(&shop).await, [Value::Null; 0]);
}

#[tokio::test]
async fn a_failed_try_is_no_order_and_has_no_number() {
    let shop = Shop::open().await;
    let (checkout, order) = shop.checkout_of(&ada()).await;
    let query = format!(
        "{{ checkout(id: \"{checkout}\") {{ order {{ number }} failure {{ code }} }} order(id: \"{order}\") {{ number }}
            orders {{ nodes {{ id }} }} }}"
    );
    let seen = async |viewer: &Viewer| shop.ask_bare(viewer, &query).await["data"].clone();
    let none = |failure: Value| json!({"checkout": {"order": null, "failure": failure}, "order": null, "orders": {"nodes": []}});
    assert_eq!(seen(&ada()).await, none(Value::Null), "it runs");
    shop.hear(&order, "stock.refused.v1").await;
    assert_eq!(seen(&ada()).await, none(json!({"code": "INSUFFICIENT_STOCK"})), "it has failed");
    let everybodys = shop
        .ask_bare(
            &clerk(),
            &format!("{{ order(id: \"{order}\") {{ lifecycle email }} orders(of: EVERYBODY) {{ nodes {{ id }} }} }}"),
        )
        .await;
    let told = json!({"order": {"lifecycle": "CANCELLED", "email": null}, "orders": {"nodes": [{"id": order}]}});
    assert_eq!(everybodys["data"], told, "staff see what was tried, and not whose it was");
    let refused = shop.ask_bare(&ada(), "{ orders(of: EVERYBODY) { nodes { id } } }").await;
    assert_eq!(
        (&refused["data"]["orders"], &refused["errors"][0]["extensions"]["code"]),
        (&Value::Null, &json!("FORBIDDEN"))
    );
}
