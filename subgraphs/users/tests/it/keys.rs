use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use insta::assert_json_snapshot;
use kit::config::Secret;
use kit::identity::token::Verifier;
use kit::testing::{fresh_db, manual_clock};
use kit::{Clock, Sealing, SealingKey};
use sea_orm::ConnectionTrait;
use tower::ServiceExt;
use users::{KeyRing, KeyRotation, Store};

use crate::{PASSWORD, Users, settings, steady, text};

#[tokio::test]
async fn replicas_that_start_at_once_sign_with_one_key() {
    let db = fresh_db::<migrations::users::Migrator>().await;
    let store = || Store::new(db.clone(), manual_clock()).with_sealing(kit::testing::sealing());
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
            KeyRotation::new(users.store.clone(), keys.clone(), verifier).follow().await.expect("followed");
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
    let turns = KeyRotation::new(users.store.clone(), users.keys.clone(), verifier.clone());
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

async fn text_of(users: &Users) -> String {
    kit::testing::rows(&users.db).await.join("\n").to_lowercase()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn whoever_copies_the_database_signs_nothing() {
    let users = Users::new().await;
    users.store.rotate_signing_keys().await.expect("rotated");
    let rows = text_of(&users).await;
    let keys = users.store.made_signing_keys().await.expect("keys");
    assert_eq!(keys.len(), 2);
    for key in keys {
        assert!(rows.contains(&key.kid().to_lowercase()), "the row is there: {rows}");
        // The seed, behind what every key begins with.
        assert!(!rows.contains(&hex(&key.pkcs8()[16..])), "its private half is not");
    }
    let stranger = Sealing::new(SealingKey::random().expect("entropy"));
    let copied = Store::new((*users.db).clone(), manual_clock()).with_sealing(stranger);
    let refused = format!("{:#}", copied.signing_keys().await.expect_err("another key").into_anyhow());
    assert!(refused.contains(kit::testing::sealing().name()) && refused.contains("sealing_key_former"), "{refused}");
    let without = Store::new((*users.db).clone(), manual_clock());
    assert!(without.signing_keys().await.is_err());
}

#[tokio::test]
async fn another_sealing_key_takes_over_from_the_former() {
    let users = Users::new().await;
    let kid = users.keys.now().expect("keys").current.kid().to_owned();
    let (former, new) = (kit::testing::sealing_key(), SealingKey::random().expect("entropy"));
    let both = Sealing::configured(&Secret::new(new.reveal()), &Secret::new(former.reveal())).expect("two keys");
    let store = |sealing: Sealing| Store::new((*users.db).clone(), manual_clock()).with_sealing(sealing);
    let keys = store(both).signing_keys().await.expect("opened with the former, sealed with the new");
    assert_eq!(keys.now().expect("a key").current.kid(), kid);
    let keys = store(Sealing::new(new)).signing_keys().await.expect("the former is needed no more");
    assert_eq!(keys.now().expect("a key").current.kid(), kid);
    assert_eq!(keys.now().expect("a key").jwks().keys.len(), 1, "nothing was open, so nothing is rotated");
    assert!(store(Sealing::new(former)).signing_keys().await.is_err());
}

#[tokio::test]
async fn keys_that_lay_open_are_sealed_and_the_next_is_made_at_once() {
    let users = Users::new().await;
    let first = users.keys.now().expect("keys").current;
    let open = "UPDATE signing_key SET sealed_by = NULL, private_key = ";
    let open = match users.db.reader().get_database_backend() {
        sea_orm::DbBackend::Postgres => format!("{open} '\\x{}'::bytea", hex(first.pkcs8())),
        _ => format!("{open} x'{}'", hex(first.pkcs8())),
    };
    users.db.raw().execute_unprepared(&open).await.expect("as it was before");
    assert!(text_of(&users).await.contains(&hex(&first.pkcs8()[16..])), "it lies open");

    let started = futures::future::join_all((0..4).map(|_| users.store.signing_keys())).await;
    for keys in started {
        assert_eq!(keys.expect("keys").now().expect("a key").current.kid(), first.kid(), "sessions go on");
    }
    let made = users.store.made_signing_keys().await.expect("keys");
    assert_eq!(made.len(), 2, "one replica made the next");
    assert!(!text_of(&users).await.contains(&hex(&first.pkcs8()[16..])));
    users.clock.advance(TimeDelta::minutes(6));
    let keys = users.store.signing_keys().await.expect("keys").now().expect("a key");
    assert_eq!(keys.current.kid(), made[1].kid());
}

#[tokio::test]
async fn keys_are_replaced_at_once_even_where_nobody_can_open_them() {
    let users = Users::new().await;
    let former = users.keys.now().expect("keys").current.kid().to_owned();
    let stranger = Sealing::new(SealingKey::random().expect("entropy"));
    let store = Store::new((*users.db).clone(), users.clock.clone()).with_sealing(stranger);
    let made = store.replace_signing_keys().await.expect("replaced").kid().to_owned();
    let keys = store.signing_keys().await.expect("keys").now().expect("a key");
    assert_eq!(keys.current.kid(), made);
    assert_ne!(made, former);
    assert_eq!(keys.jwks().keys.len(), 1, "the former is believed no more");
}
