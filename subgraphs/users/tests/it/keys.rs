use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use insta::assert_json_snapshot;
use kit::Clock;
use kit::testing::{fresh_db, manual_clock};
use kit::token::Verifier;
use tower::ServiceExt;
use users::{KeyRing, Store, Turns};

use crate::{PASSWORD, Users, settings, steady, text};

#[tokio::test]
async fn replicas_that_start_at_once_sign_with_one_key() {
    let db = fresh_db::<migrations::users::Migrator>().await;
    let store = || Store::new(db.clone(), manual_clock());
    let started = futures::future::join_all((0..8).map(|_| async { store().signing_keys().await })).await;
    let kids: Vec<String> =
        started.into_iter().map(|keys| keys.expect("keys").now().expect("a key").current.kid().to_owned()).collect();
    assert!(kids.iter().all(|kid| *kid == kids[0]), "{kids:?}");
    let restarted = store().signing_keys().await.expect("keys").now().expect("a key");
    assert_eq!(restarted.current.kid(), kids[0]);
    assert_eq!(restarted.jwks().keys.len(), 1);
}

#[tokio::test]
async fn the_public_key_is_published_and_nothing_else_of_it() {
    let users = Users::new().await;
    let routes = users::routes(&users.keys);
    let asked = Request::get("/.well-known/jwks.json").body(Body::empty()).expect("a request");
    let answer = routes.oneshot(asked).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.headers()["cache-control"], "public, max-age=300");
    let body = to_bytes(answer.into_body(), 10_000).await.expect("a body");
    let published: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(published["keys"][0]["kid"], users.keys.now().expect("a key").current.kid());
    assert_json_snapshot!(steady(published, &[("/keys/0/kid", "[kid]"), ("/keys/0/x", "[x]")]), @r#"
    {
      "keys": [
        {
          "alg": "EdDSA",
          "crv": "Ed25519",
          "kid": "[kid]",
          "kty": "OKP",
          "use": "sig",
          "x": "[x]"
        }
      ]
    }
    "#);
}

/// What a replica publishes at this moment.
async fn published(keys: &KeyRing) -> Vec<String> {
    let asked = Request::get("/.well-known/jwks.json").body(Body::empty()).expect("a request");
    let answer = users::routes(keys).oneshot(asked).await.expect("an answer");
    let body = to_bytes(answer.into_body(), 10_000).await.expect("a body");
    let published: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    let keys = published["keys"].as_array().expect("keys");
    keys.iter().map(|key| key["kid"].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn running_replicas_take_up_a_rotation_and_drop_the_former_key_when_its_tokens_have_ended() {
    let users = Users::new().await;
    let replicas = [users.keys.clone(), users.store.signing_keys().await.expect("keys")];
    let follow = async || {
        for keys in &replicas {
            let verifier = Verifier::fixed(settings(), &keys.now().expect("keys").jwks());
            Turns::new(users.store.clone(), keys.clone(), verifier).follow().await.expect("followed");
        }
    };
    let signing = |keys: &KeyRing| keys.now().expect("keys").current.kid().to_owned();
    let first = signing(&users.keys);
    let second = users.store.rotate_signing_keys().await.expect("rotated").kid().to_owned();
    follow().await;
    for keys in &replicas {
        assert_eq!(signing(keys), first, "nobody knows the new one yet");
        assert_eq!(published(keys).await, [first.clone(), second.clone()]);
    }
    users.clock.advance(TimeDelta::minutes(6));
    for keys in &replicas {
        assert_eq!(signing(keys), second, "and that without another look at the database");
        assert_eq!(published(keys).await, [second.clone(), first.clone()], "its tokens stand");
    }
    users.clock.advance(TimeDelta::minutes(16));
    follow().await;
    for keys in &replicas {
        assert_eq!(published(keys).await, std::slice::from_ref(&second));
    }
    assert_eq!(users.store.made_signing_keys().await.expect("keys").len(), 1, "and the private half is gone");
}

#[tokio::test]
async fn no_token_is_refused_on_the_way_from_one_key_to_the_next() {
    let users = Users::at(Clock::manual(Clock::system().now() - TimeDelta::minutes(13))).await;
    users.somebody("ada@example.com", "Ada").await;
    let verifier = users.verifier();
    let turns = Turns::new(users.store.clone(), users.keys.clone(), verifier.clone());
    users.store.rotate_signing_keys().await.expect("rotated");
    let mut signed_by = std::collections::BTreeSet::new();
    for _ in 0..12 {
        turns.follow().await.expect("followed");
        let answer = users.login("ada@example.com", PASSWORD).await;
        let token = text(&answer, "/data/userLogin/accessToken");
        assert!(verifier.verify(&token).await.is_ok());
        signed_by.insert(jsonwebtoken::decode_header(&token).expect("a header").kid);
        users.clock.advance(TimeDelta::minutes(1));
    }
    assert_eq!(signed_by.len(), 2);
}
