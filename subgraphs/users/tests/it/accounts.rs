use serde_json::json;
use users::{create_staff, ensure_account};

use crate::{PASSWORD, Users, text};

#[tokio::test]
async fn an_account_that_must_exist_is_made_once() {
    let users = Users::at(kit::Clock::system()).await;
    let ensure =
        async || ensure_account(&users.store, "staff@example.com", PASSWORD, "Staff", &["orders", "inventory"]).await;
    let first = ensure().await.expect("made");
    let again = ensure().await.expect("found");
    assert_eq!(first, again);
    let answer = users.login("staff@example.com", PASSWORD).await;
    let signed = users.verifier().verify(&text(&answer, "/data/userLogin/accessToken")).await.expect("a good token");
    assert_eq!(signed.user_id, first.as_str());
    assert_eq!(signed.permissions, ["inventory", "orders"]);
    assert_eq!(signed.role, kit::Role::Staff);
}

#[tokio::test]
async fn who_registers_the_staff_s_address_first_does_not_keep_it() {
    let users = Users::new().await;
    let squatter = users.somebody("staff@example.com", "Eve").await;
    let id = ensure_account(&users.store, "staff@example.com", "the real password", "Staff", &["inventory"]).await;
    assert_eq!(id.expect("taken over").as_str(), squatter);
    assert_eq!(users.login("staff@example.com", PASSWORD).await["data"]["userLogin"]["user"], json!(null));
    let answer = users.login("staff@example.com", "the real password").await;
    assert_eq!(answer["data"]["userLogin"]["user"]["displayName"], "Staff");
}

#[tokio::test]
async fn an_account_that_no_one_could_use_is_refused() {
    let users = Users::new().await;
    for (email, password, name, permission) in [
        ("staff", PASSWORD, "Staff", "inventory"),
        ("staff@example.com", "short", "Staff", "inventory"),
        ("staff@example.com", PASSWORD, "", "inventory"),
        ("staff@example.com", PASSWORD, "Staff", "inventory orders"),
        ("staff@example.com", PASSWORD, "Staff", ""),
        ("staff@example.com", PASSWORD, "Staff", "everything"),
    ] {
        assert!(ensure_account(&users.store, email, password, name, &[permission]).await.is_err(), "{email} {name}");
    }
}

#[tokio::test]
async fn who_has_an_account_keeps_it_when_staff_is_made_with_its_address() {
    let users = Users::new().await;
    users.somebody("ada@example.com", "Ada").await;
    let staff = |email: &'static str| create_staff(&users.store, email, "another password", "Staff", &["orders"]);
    assert_eq!(staff("ada@example.com").await.expect("looked up"), None);
    assert!(users.login("ada@example.com", PASSWORD).await["data"]["userLogin"]["user"].is_object());
    assert!(staff("bob@example.com").await.expect("made").is_some());
    users.register("eve@example.com", PASSWORD, "Eve").await;
    assert!(staff("eve@example.com").await.expect("made").is_some(), "nobody has shown that it is theirs");
    assert!(users.login("eve@example.com", "another password").await["data"]["userLogin"]["user"].is_object());
}
