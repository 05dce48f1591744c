use kit::token::Verifier;
use serde_json::json;
use users::ensure_account;

use crate::{PASSWORD, Users, settings, text};

#[tokio::test]
async fn an_account_that_must_exist_is_made_once() {
    let users = Users::at(kit::Clock::system()).await;
    let ensure =
        async || ensure_account(&users.store, "staff@example.com", PASSWORD, "Staff", &["orders", "stock"]).await;
    let first = ensure().await.expect("made");
    let again = ensure().await.expect("found");
    assert_eq!(first, again);
    let answer = users.login("staff@example.com", PASSWORD).await;
    let verifier = Verifier::fixed(settings(), &users.keys.jwks());
    let signed = verifier.verify(&text(&answer, "/data/userLogin/accessToken")).await.expect("a good token");
    assert_eq!(signed.user_id, first.as_str());
    assert_eq!(signed.permissions, ["orders", "stock"]);
}

#[tokio::test]
async fn who_registers_the_staff_s_address_first_does_not_keep_it() {
    let users = Users::new().await;
    let squatter = users.somebody("staff@example.com", "Eve").await;
    let id = ensure_account(&users.store, "staff@example.com", "the real password", "Staff", &["stock"]).await;
    assert_eq!(id.expect("taken over").as_str(), squatter);
    assert_eq!(users.login("staff@example.com", PASSWORD).await["data"]["userLogin"]["user"], json!(null));
    let answer = users.login("staff@example.com", "the real password").await;
    assert_eq!(answer["data"]["userLogin"]["user"]["displayName"], "Staff");
}

#[tokio::test]
async fn an_account_that_no_one_could_use_is_refused() {
    let users = Users::new().await;
    for (email, password, name, permission) in [
        ("staff", PASSWORD, "Staff", "stock"),
        ("staff@example.com", "short", "Staff", "stock"),
        ("staff@example.com", PASSWORD, "", "stock"),
        ("staff@example.com", PASSWORD, "Staff", "two words"),
        ("staff@example.com", PASSWORD, "Staff", ""),
    ] {
        assert!(ensure_account(&users.store, email, password, name, &[permission]).await.is_err(), "{email} {name}");
    }
}
