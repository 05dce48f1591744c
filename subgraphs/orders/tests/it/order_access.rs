//! A guest finds an order again: by its number and the address that it was made with.

use std::net::IpAddr;

use async_graphql::Request;
use chrono::TimeDelta;
use futures::future::join_all;
use kit::testing::{execute, rows, sent};
use kit::{Caller, Viewer};
use serde_json::{Value, json};

use crate::ownership::verified;
use crate::shop::{Shop, ada, clerk, text};

fn ask(number: &str, email: &str) -> String {
    format!(
        "mutation {{ orderAccessRequest(input: {{number: \"{number}\", email: \"{email}\", language: \"de\"}})
            {{ userErrors {{ __typename code message path ... on TooManyAttempts {{ retryAfterSeconds }} }} }} }}"
    )
}

fn open(token: &str) -> String {
    format!(
        "mutation {{ orderAccessOpen(input: {{token: \"{token}\"}}) {{ cartToken order {{ id email }}
            userErrors {{ __typename code path }} }} }}"
    )
}

/// What users was asked to mail, the last first.
async fn mailed(shop: &Shop) -> Vec<Value> {
    let sent = sent(&shop.db).await.into_iter().rev();
    sent.filter(|(_, message)| message.kind == "mail.order_link.v2").map(|(_, message)| message.body).collect()
}

/// A guest's order, with its number.
async fn an_order(shop: &Shop) -> (Viewer, String, String) {
    let (guest, _) = shop.guest_with(&[("b", 1)]).await;
    let order = shop.confirmed_order_of(&guest).await;
    let told = shop.ask_bare(&clerk(), &format!("{{ order(id: \"{order}\") {{ number }} }}")).await;
    let number = text(&told, "/data/order/number");
    (guest, order, number)
}

async fn a_link(shop: &Shop, number: &str) -> String {
    shop.ask(&Viewer::anonymous(), &ask(number, "Ada@example.com")).await;
    shop.stated(AUDIENCE, &text(&mailed(shop).await[0], "/link"))
}

/// For whom users states something about a link.
const AUDIENCE: &str = "mercato-order-link";

async fn sees(shop: &Shop, viewer: &Viewer, order: &str) -> bool {
    shop.ask_bare(viewer, &format!("{{ order(id: \"{order}\") {{ id }} }}")).await["data"]["order"].is_object()
}

#[tokio::test]
async fn the_answer_is_the_same_and_only_who_has_the_order_is_written_to() {
    let shop = Shop::open().await;
    let (_, _, number) = an_order(&shop).await;
    let asked = [
        ask(&number, " ADA@example.com"),
        ask(&number.to_lowercase().replace('-', " – "), "ada@example.com"),
        ask(&number, "eve@example.com"),
        ask("M-00000000", "ada@example.com"),
    ];
    let mut rows_written = vec![];
    for query in asked {
        let before = rows(&shop.db).await.len();
        let answer = shop.ask(&Viewer::anonymous(), &query).await;
        assert_eq!(answer, json!({"data": {"orderAccessRequest": {"userErrors": []}}}));
        rows_written.push(rows(&shop.db).await.len() - before);
    }
    assert_eq!(rows_written, [rows_written[0]; 4], "the same is written for everybody");
    let to: Vec<Value> = mailed(&shop).await.iter().rev().map(|mail| mail["to"].clone()).collect();
    assert_eq!(to, [json!("ada@example.com"), json!("ada@example.com"), Value::Null, Value::Null]);
}

#[tokio::test]
async fn a_link_opens_the_order_once_and_gives_a_secret_that_sees_it() {
    let shop = Shop::open().await;
    let (before, order, number) = an_order(&shop).await;
    let token = a_link(&shop, &number).await;
    let kept = rows(&shop.db).await;
    assert!(kept.iter().all(|row| !row.contains(&token)), "neither the message to be mailed holds it");
    let opened = shop.ask_bare(&Viewer::anonymous(), &open(&token)).await["data"]["orderAccessOpen"].clone();
    assert_eq!(opened["order"], json!({"id": order, "email": "ada@example.com"}));
    let guest = Viewer::guest(&text(&opened, "/cartToken"));
    assert!(sees(&shop, &guest, &order).await);
    assert!(!sees(&shop, &before, &order).await, "it has one owner");
    let again = shop.ask_bare(&Viewer::anonymous(), &open(&token)).await["data"]["orderAccessOpen"].clone();
    let refused = json!([{"__typename": "LinkExpired", "code": "LINK_EXPIRED", "path": ["token"]}]);
    assert_eq!(again, json!({"cartToken": null, "order": null, "userErrors": refused}));
    assert_eq!(shop.ask_bare(&ada(), &open("a guess")).await["data"]["orderAccessOpen"]["userErrors"], refused);
}

#[tokio::test]
async fn links_hold_until_one_is_used_and_then_none() {
    let shop = Shop::open().await;
    let (_, order, number) = an_order(&shop).await;
    let [first, second, third] =
        [a_link(&shop, &number).await, a_link(&shop, &number).await, a_link(&shop, &number).await];
    let opened = shop.ask_bare(&Viewer::anonymous(), &open(&second)).await["data"]["orderAccessOpen"].clone();
    assert_eq!(opened["order"]["id"], json!(order), "nobody makes a link void by asking for another");
    let guest = Viewer::guest(&text(&opened, "/cartToken"));
    for link in [first, second, third] {
        let refused = shop.ask_bare(&Viewer::anonymous(), &open(&link)).await;
        assert_eq!(refused["data"]["orderAccessOpen"]["userErrors"][0]["code"], "LINK_EXPIRED");
    }
    assert!(sees(&shop, &guest, &order).await);
}

#[tokio::test]
async fn nobody_opens_an_order_with_what_is_in_the_message_or_in_the_database() {
    let shop = Shop::open().await;
    let (_, order, number) = an_order(&shop).await;
    let token = a_link(&shop, &number).await;
    let link = text(&mailed(&shop).await[0], "/link");
    let other = Shop::open().await.stated(AUDIENCE, &link);
    let for_another = shop.stated("mercato", &link);
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    for guess in [&link, &other, &for_another, &format!("{header}.{claims}."), &format!("{header}..{signature}")] {
        let refused = shop.ask_bare(&Viewer::anonymous(), &open(guess)).await;
        assert_eq!(refused["data"]["orderAccessOpen"]["userErrors"][0]["code"], "LINK_EXPIRED", "{guess}");
    }
    let opened = shop.ask_bare(&Viewer::anonymous(), &open(&token)).await;
    assert_eq!(opened["data"]["orderAccessOpen"]["order"]["id"], json!(order));
}

#[tokio::test]
async fn whoever_is_known_keeps_the_secret_or_the_account_that_they_have() {
    let shop = Shop::open().await;
    let (_, order, number) = an_order(&shop).await;
    let (guest, _) = shop.guest_with(&[("a", 1)]).await;
    for viewer in [guest, ada()] {
        let token = a_link(&shop, &number).await;
        let opened = shop.ask_bare(&viewer, &open(&token)).await["data"]["orderAccessOpen"].clone();
        assert_eq!((&opened["cartToken"], &opened["userErrors"]), (&Value::Null, &json!([])));
        assert!(sees(&shop, &viewer, &order).await);
    }
    let none = a_link(&shop, &number).await;
    assert_eq!(mailed(&shop).await[0]["to"], Value::Null, "an order in an account is found there");
    let refused = shop.ask_bare(&Viewer::anonymous(), &open(&none)).await;
    assert_eq!(refused["data"]["orderAccessOpen"]["userErrors"][0]["code"], "LINK_EXPIRED");
}

#[tokio::test]
async fn a_link_that_was_mailed_before_its_order_went_into_an_account_opens_nothing() {
    let shop = Shop::open().await;
    let (_, order, number) = an_order(&shop).await;
    let token = a_link(&shop, &number).await;
    assert!(sees(&shop, &verified("user_ada", "ada@example.com"), &order).await);
    let refused = shop.ask_bare(&Viewer::anonymous(), &open(&token)).await;
    assert_eq!(refused["data"]["orderAccessOpen"]["userErrors"][0]["code"], "LINK_EXPIRED");
    assert!(sees(&shop, &ada(), &order).await);
}

#[tokio::test]
async fn a_link_holds_for_an_hour_and_is_forgotten_then() {
    let shop = Shop::open().await;
    let (_, _, number) = an_order(&shop).await;
    let token = a_link(&shop, &number).await;
    shop.clock.advance(TimeDelta::minutes(61));
    let late = shop.ask_bare(&Viewer::anonymous(), &open(&token)).await;
    assert_eq!(late["data"]["orderAccessOpen"]["userErrors"][0]["code"], "LINK_EXPIRED");
    let links = async || rows(&shop.db).await.iter().filter(|row| row.starts_with("order_link")).count();
    assert_eq!(links().await, 1);
    shop.sweep().await;
    assert_eq!(links().await, 0);
}

#[tokio::test]
async fn one_address_is_written_to_a_few_times_and_one_client_asks_a_few_times() {
    let shop = Shop::open().await;
    let (_, _, number) = an_order(&shop).await;
    let from = async |client: &str, query: &str| {
        let client: IpAddr = client.parse().expect("an address");
        let caller = Caller { name: "web-bff".into(), client: Some(client), acts: vec![] };
        let nobody = Viewer::anonymous();
        let request =
            orders::attach_loaders(&shop.store, Request::new(query), &nobody).data(nobody.clone()).data(caller);
        execute(&shop.schema, request).await["data"]["orderAccessRequest"]["userErrors"][0].clone()
    };
    for _ in 0..5 {
        assert_eq!(from("192.0.2.1", &ask(&number, "ada@example.com")).await, Value::Null);
    }
    let refused = json!({"__typename": "TooManyAttempts", "code": "TOO_MANY_ATTEMPTS", "path": [], "retryAfterSeconds": 900,
        "message": "That was tried too often. Wait a while, then try again."});
    assert_eq!(from("192.0.2.2", &ask(&number, "ada@example.com")).await, refused, "whoever asks for it");
    for other in 0..15 {
        assert_eq!(from("192.0.2.1", &ask(&number, &format!("eve{other}@example.com"))).await, Value::Null);
    }
    assert_eq!(from("192.0.2.1", &ask(&number, "bob@example.com")).await["code"], "TOO_MANY_ATTEMPTS");
    shop.clock.advance(TimeDelta::seconds(901));
    assert_eq!(from("192.0.2.1", &ask(&number, "ada@example.com")).await, Value::Null, "later, once more");
}

#[tokio::test]
async fn one_client_asks_no_more_often_though_it_asks_for_many_addresses_at_once() {
    let shop = Shop::open().await;
    let from = |number: u32| {
        let client = format!("2001:db8::{number:x}").parse().expect("an address");
        let caller = Caller { name: "web-bff".into(), client: Some(client), acts: vec![] };
        let nobody = Viewer::anonymous();
        let query = ask("M-00000000", &format!("ada{number}@example.com"));
        let request =
            orders::attach_loaders(&shop.store, Request::new(query), &nobody).data(nobody.clone()).data(caller);
        execute(&shop.schema, request)
    };
    let answers = join_all((1..=40).map(from)).await;
    let asked = answers.iter().filter(|answer| answer["data"]["orderAccessRequest"]["userErrors"] == json!([]));
    assert_eq!((asked.count(), mailed(&shop).await.len()), (20, 20), "of one network");
}

#[tokio::test]
async fn what_cannot_be_looked_for_says_all_that_is_wrong() {
    let shop = Shop::open().await;
    let answer = shop.ask(&Viewer::anonymous(), &ask("42", "ada")).await;
    let refused = answer["data"]["orderAccessRequest"]["userErrors"].clone();
    assert_eq!((&refused[0]["path"], &refused[1]["path"]), (&json!(["number"]), &json!(["email"])));
    assert_eq!(mailed(&shop).await, [Value::Null; 0]);
}
