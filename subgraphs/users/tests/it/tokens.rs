//! The tokens that we issue, before the verifier that every subgraph uses.

use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use kit::identity::token::{AuthSettings, Claims, Verifier};
use kit::{Clock, Code, Role, SigningKey};
use users::{Issuer, SigningKeys};

use crate::{Users, settings, text};

async fn token(users: &Users) -> String {
    users.somebody("ada@example.com", "Ada").await;
    users.device("ada@example.com", "one").await.access
}

async fn refused(users: &Users, token: &str) {
    let refused = users.verifier().verify(token).await.expect_err("no such token holds");
    assert_eq!(refused.code, Code::Unauthenticated);
    assert_eq!(refused.message, "The token is not valid or has expired. Sign in again.");
}

pub fn claims(now: i64) -> Claims {
    Claims {
        iss: settings().issuer,
        aud: settings().audience,
        sub: "user_ada".to_owned(),
        role: Role::User,
        sid: None,
        jti: "1".to_owned(),
        iat: now,
        nbf: now,
        exp: now + 900,
        permissions: vec!["inventory".to_owned()],
        ..Claims::default()
    }
}

fn somebody_at(email: &str, now: chrono::DateTime<chrono::Utc>) -> users::Account {
    users::Account {
        id: vocab::UserId::generate(),
        email: vocab::Email::parse(email).expect("an address"),
        email_verified_at: Some(now),
        display_name: users::DisplayName::parse("Ada").expect("a name"),
        role: Role::User,
        permissions: users::Permissions::none(),
        created_at: now,
    }
}

fn current(users: &Users) -> SigningKey {
    users.keys.now().expect("keys").current
}

fn header(users: &Users, algorithm: Algorithm) -> Header {
    Header { kid: Some(current(users).kid().to_owned()), ..Header::new(algorithm) }
}

#[tokio::test]
async fn a_token_of_ours_says_who_and_what_they_may() {
    let users = Users::at(Clock::system()).await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let device = users.device("ada@example.com", "one").await;
    let signed = users.verifier().verify(&device.access).await.expect("ours");
    assert_eq!(signed.user_id, ada);
    assert_eq!(signed.role, Role::User);
    assert_eq!(signed.session.as_deref(), Some(device.session()));
    assert!(signed.permissions.is_empty(), "customers have none");
}

#[tokio::test]
async fn a_token_says_a_hash_of_the_verified_address_and_an_old_one_says_none() {
    let users = Users::at(Clock::system()).await;
    let device = token(&users).await;
    let signed = users.verifier().verify(&device).await.expect("ours");
    assert_eq!(signed.email_hash.as_deref(), Some("tfyF5VdV-eDQMKEKtEKbaylEhV-aDWAHf-gyvsvEHXI"));
    assert_eq!(signed.email_hash, Some(kit::identity::token::email_hash("ada@example.com")));

    let now = Clock::system().now().timestamp();
    let old = current(&users).sign(&claims(now)).expect("signed");
    assert_eq!(users.verifier().verify(&old).await.expect("ours").email_hash, None);
}

#[tokio::test]
async fn an_address_that_nobody_has_verified_is_in_no_token() {
    let users = Users::at(Clock::system()).await;
    let account = users::Account { email_verified_at: None, ..somebody_at("ada@example.com", users.clock.now()) };
    let issuer = Issuer::new(users.keys.clone(), settings(), Clock::system());
    let token = issuer.issue(&account, &vocab::SessionId::generate(), None).expect("signed");
    assert_eq!(users.verifier().verify(&token.text).await.expect("ours").email_hash, None);
}

#[tokio::test]
async fn a_token_holds_for_a_quarter_of_an_hour() {
    let before = |minutes| Clock::manual(Clock::system().now() - TimeDelta::minutes(minutes));
    let fresh = Users::at(before(14)).await;
    let signed_in = token(&fresh).await;
    assert!(fresh.verifier().verify(&signed_in).await.is_ok());
    let stale = Users::at(before(16)).await;
    let expired = token(&stale).await;
    refused(&stale, &expired).await;
    let early = Users::at(before(-2)).await;
    let not_yet = token(&early).await;
    refused(&early, &not_yet).await;
}

#[tokio::test]
async fn a_token_that_was_changed_is_refused() {
    let users = Users::at(Clock::system()).await;
    let good = token(&users).await;
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("three parts") };
    let other = encode(&Header::new(Algorithm::HS256), &claims(0), &EncodingKey::from_secret(b"x")).expect("made");
    let other_payload = other.split('.').nth(1).expect("three parts");
    for forged in [
        format!("{header}.{other_payload}.{signature}"),
        format!("{header}.{payload}."),
        format!("{header}.{payload}"),
        format!("{header}.{payload}.{}", "A".repeat(86)),
        String::new(),
        "...".to_owned(),
    ] {
        refused(&users, &forged).await;
    }
}

#[tokio::test]
async fn a_token_of_another_signer_is_refused() {
    let users = Users::at(Clock::system()).await;
    let now = Clock::system().now();
    let stranger = SigningKey::generate(now).expect("a key");
    refused(&users, &stranger.sign(&claims(now.timestamp())).expect("signed")).await;

    // The same, under the name of our key.
    let pkcs8 = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20abcdefghijklmnopqrstuvwxyz012345";
    let key = EncodingKey::from_ed_der(pkcs8);
    let forged = encode(&header(&users, Algorithm::EdDSA), &claims(now.timestamp()), &key).expect("signed");
    refused(&users, &forged).await;
}

#[tokio::test]
async fn the_algorithm_is_not_the_token_s_to_choose() {
    let users = Users::at(Clock::system()).await;
    let now = Clock::system().now().timestamp();
    let published = serde_json::to_value(users.keys.now().expect("keys").jwks()).expect("JSON");
    let public = text(&published, "/keys/0/x");
    for algorithm in [Algorithm::HS256, Algorithm::HS512] {
        let key = EncodingKey::from_base64_secret(&public.replace('-', "+").replace('_', "/"));
        let key = key.unwrap_or_else(|_unpadded| EncodingKey::from_secret(public.as_bytes()));
        let forged = encode(&header(&users, algorithm), &claims(now), &key).expect("signed");
        refused(&users, &forged).await;
    }
    // {"alg":"none"}
    let good = token(&users).await;
    let payload = good.split('.').nth(1).expect("three parts");
    refused(&users, &format!("eyJhbGciOiJub25lIn0.{payload}.")).await;
}

#[tokio::test]
async fn a_token_for_another_shop_is_refused() {
    let users = Users::at(Clock::system()).await;
    let elsewhere = [
        AuthSettings { issuer: "https://other.example".to_owned(), ..settings() },
        AuthSettings { audience: "another".to_owned(), ..settings() },
    ];
    let account = somebody_at("ada@example.com", users.clock.now());
    for settings in elsewhere {
        let token = Issuer::new(users.keys.clone(), settings, Clock::system())
            .issue(&account, &vocab::SessionId::generate(), None)
            .expect("signed");
        refused(&users, &token.text).await;
    }
}

#[tokio::test]
async fn a_key_that_signs_no_more_is_believed_as_long_as_it_is_published() {
    let users = Users::at(Clock::system()).await;
    let old = token(&users).await;
    let made = SigningKey::generate(users.clock.now()).expect("a key");
    let rotated = SigningKeys { current: made, former: vec![current(&users)], upcoming: Vec::new() };
    assert!(Verifier::fixed(settings(), &rotated.jwks()).verify(&old).await.is_ok());
    let forgotten = SigningKeys { former: Vec::new(), ..rotated };
    assert!(Verifier::fixed(settings(), &forgotten.jwks()).verify(&old).await.is_err());
}

#[tokio::test]
async fn a_token_that_would_hold_longer_than_ours_is_refused_whoever_signed_it() {
    let users = Users::at(Clock::system()).await;
    let key = current(&users);
    let now = Clock::system().now().timestamp();
    let signed = |iat: i64, exp: i64| key.sign(&Claims { iat, exp, ..claims(now) }).expect("signed");
    assert!(users.verifier().verify(&signed(now, now + 900)).await.is_ok(), "as long as ours");
    assert!(users.verifier().verify(&signed(now - 890, now + 10)).await.is_ok(), "and old");
    for (what, iat, exp) in [
        ("a second longer", now, now + 901),
        ("a year", now, now + 31_536_000),
        ("issued long ago", now - 1_000, now + 800),
        ("issued in the future", now + 60, now + 120),
        ("without any end", 0, i64::MAX),
    ] {
        assert!(users.verifier().verify(&signed(iat, exp)).await.is_err(), "{what}");
    }
    let mut timeless = serde_json::to_value(claims(now)).expect("JSON");
    timeless.as_object_mut().expect("claims").remove("iat");
    refused(&users, &key.sign(&timeless).expect("signed")).await;
}
