//! Who may call a subgraph.

use axum::http::{HeaderMap, HeaderValue};
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use kit::identity::caller;
use kit::testing::TestRedis;
use kit::{CallerKeys, Callers, Clock, Code, SigningKey};
use redis::cmd;
use serde_json::{Value, json};

fn headers(credential: impl AsRef<str>) -> HeaderMap {
    let value = HeaderValue::from_str(credential.as_ref()).expect("a header value");
    HeaderMap::from_iter([(caller::HEADER, value)])
}

fn credential(keys: &CallerKeys) -> String {
    let client = "203.0.113.7".parse().expect("an address");
    keys.credential(Some(client)).expect("it signs").to_str().expect("plain text").to_owned()
}

async fn code(callers: &Callers, credential: &str) -> Option<Code> {
    callers.caller(&headers(credential)).await.err().map(|refused| refused.code)
}

fn claims() -> Value {
    let now = Clock::system().now().timestamp();
    json!({"iss": "web-bff", "aud": "mercato-internal", "iat": now, "nbf": now, "exp": now + 60})
}

#[tokio::test]
async fn a_caller_whose_key_is_published_is_believed_with_the_address_of_its_client() {
    let redis = TestRedis::start().await;
    let (bus, keys) = (redis.bus().await, CallerKeys::generate("web-bff", Clock::system()).expect("keys"));
    let callers = Callers::published(bus.clone());
    assert_eq!(code(&callers, &credential(&keys)).await, Some(Code::Unavailable), "nobody knows the key yet");
    keys.publish(&bus).await.expect("published");
    let caller = callers.caller(&headers(credential(&keys))).await.expect("believed");
    assert_eq!((caller.name.as_str(), caller.client), ("web-bff", "203.0.113.7".parse().ok()));
    assert!(!caller.may("anything"), "handing on needs no more");
    let acting = keys.credential_to("mint", None).expect("it signs");
    let acting = callers.caller(&headers(acting.to_str().expect("plain text"))).await.expect("believed");
    assert!(acting.may("mint") && !acting.may("anything"));
}

#[tokio::test]
async fn a_redis_that_forgets_stops_nobody_who_is_known() {
    let redis = TestRedis::start().await;
    let (bus, keys) = (redis.bus().await, CallerKeys::generate("web-bff", Clock::system()).expect("keys"));
    let callers = Callers::published(bus.clone());
    keys.publish(&bus).await.expect("published");
    assert_eq!(code(&callers, &credential(&keys)).await, None);
    cmd("FLUSHALL").query_async::<()>(&mut bus.connection()).await.expect("emptied");
    let again = keys.credential(None).expect("it signs");
    assert_eq!(code(&callers, again.to_str().expect("plain text")).await, None);
    assert_eq!(code(&Callers::published(bus.clone()), &credential(&keys)).await, Some(Code::Unavailable));
    keys.publish(&bus).await.expect("published again");
    assert_eq!(code(&Callers::published(bus), &credential(&keys)).await, None);
}

#[tokio::test]
async fn keys_change_by_the_hour_and_what_the_last_one_signed_still_holds() {
    let redis = TestRedis::start().await;
    let bus = redis.bus().await;
    let clock = Clock::manual(Clock::system().now());
    let keys = CallerKeys::generate("web-bff", clock.clone()).expect("keys");
    keys.renew(&bus).await.expect("published");
    let (first, before) = (keys.current().kid().to_owned(), credential(&keys));
    clock.advance(TimeDelta::minutes(59));
    keys.renew(&bus).await.expect("published");
    assert_eq!(keys.current().kid(), first);
    clock.advance(TimeDelta::minutes(1));
    keys.renew(&bus).await.expect("published");
    assert_ne!(keys.current().kid(), first);
    assert_eq!(code(&Callers::published(bus), &before).await, None);
}

#[tokio::test]
async fn nothing_else_is_believed() {
    let now = Clock::system().now();
    let (key, stranger) = (SigningKey::generate(now).expect("a key"), SigningKey::generate(now).expect("a key"));
    let callers = Callers::fixed(key.public());
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        key.sign(&claims).expect("it signs")
    };
    let good = key.sign(&claims()).expect("it signs");
    assert_eq!(code(&callers, &good).await, None);
    let header = Header { kid: Some(key.kid().to_owned()), ..Header::new(Algorithm::HS256) };
    let public = serde_json::to_vec(key.public()).expect("JSON");
    let parts: Vec<&str> = good.split('.').collect();
    let refused = [
        ("nothing", String::new()),
        ("a bare name", "web-bff".to_owned()),
        ("expired", with("exp", json!(now.timestamp() - 60))),
        ("not yet valid", with("nbf", json!(now.timestamp() + 60))),
        ("issued in the future", with("iat", json!(now.timestamp() + 60))),
        ("to hold for an hour", with("exp", json!(now.timestamp() + 3_600))),
        ("issued an hour ago", with("iat", json!(now.timestamp() - 3_600))),
        ("meant for somebody else", with("aud", json!("mercato"))),
        ("of another key", stranger.sign(&claims()).expect("it signs")),
        ("signed with the public key", encode(&header, &claims(), &EncodingKey::from_secret(&public)).expect("signed")),
        ("without its signature", format!("{}.{}.", parts[0], parts[1])),
        ("cut short", good[..good.len() - 8].to_owned()),
    ];
    for (what, credential) in refused {
        assert_eq!(code(&callers, &credential).await, Some(Code::Forbidden), "{what}");
    }
    assert_eq!(callers.caller(&HeaderMap::new()).await.expect_err("nobody").code, Code::Forbidden);
}
