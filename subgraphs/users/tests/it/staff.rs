use kit::Viewer;
use kit::testing::sent;
use serde_json::{Value, json};
use users::{create_staff, ensure_account};

use crate::{PASSWORD, Users, code};

const SET: &str = "mutation ($input: UserPermissionsSetInput!) {
    userPermissionsSet(input: $input) { userErrors { code } }
}";

impl Users {
    async fn grant(&self, viewer: &Viewer, user: &str, permissions: &[&str]) -> Value {
        let input = json!({"input": {"userId": user, "permissions": permissions}});
        self.ask(viewer.clone(), SET, input).await
    }

    /// What was told of deeds.
    pub async fn deeds(&self) -> Vec<Value> {
        let all = sent(&self.db).await;
        all.into_iter()
            .filter(|(stream, _)| stream == kit::identity::audit::STREAM)
            .map(|(_, message)| message.body)
            .collect()
    }
}

fn boss() -> Viewer {
    Viewer::staff("user_boss", &["users", "orders", "reports"])
}

/// Owners of the shop.
async fn owner(users: &Users, email: &str) -> (String, Viewer) {
    let id = ensure_account(&users.store, email, PASSWORD, "Owner", &["owner"]).await.expect("made").to_string();
    let held = users::Permission::ALL.map(users::Permission::name);
    (id.clone(), Viewer::staff(&id, &held))
}

#[tokio::test]
async fn a_permission_is_granted_and_who_did_it_is_on_record() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let phone = users.device("ada@example.com", "phone").await;
    let answer = users.grant(&boss(), &ada, &["ORDERS", "REPORTS"]).await;
    assert_eq!(answer, json!({"data": {"userPermissionsSet": {"userErrors": []}}}));
    let next = users.refresh(&phone.refresh).await;
    let next = users.signed_in(&next, "/data/userTokenRefresh").await;
    let claims = crate::claims_of(&next.access);
    assert_eq!((&claims["role"], &claims["permissions"]), (&json!("staff"), &json!(["orders", "reports"])));
    let me = users.ask(next.viewer, "{ me { role permissions } }", json!({})).await;
    assert_eq!(me, json!({"data": {"me": {"role": "STAFF", "permissions": ["ORDERS", "REPORTS"]}}}));
    let deeds = users.deeds().await;
    assert_eq!(deeds.len(), 1);
    assert_eq!((&deeds[0]["actor"], &deeds[0]["subject"]), (&json!("user_boss"), &json!(ada)));
    assert_eq!(deeds[0]["detail"], json!({"from": [], "to": ["orders", "reports"]}));
}

#[tokio::test]
async fn who_loses_a_permission_is_signed_out() {
    let users = Users::new().await;
    let permissions = &["orders", "reports"];
    let ada = ensure_account(&users.store, "ada@example.com", PASSWORD, "Ada", permissions).await.expect("made");
    let phone = users.device("ada@example.com", "phone").await;
    users.grant(&boss(), ada.as_str(), &[]).await;
    assert_eq!(users.not_refreshed(&phone.refresh).await.as_deref(), Some("SESSION_ENDED"));
    let claims = crate::claims_of(&users.device("ada@example.com", "phone").await.access);
    assert_eq!((&claims["role"], &claims["permissions"]), (&json!("user"), &json!([])));
}

#[tokio::test]
async fn only_staff_who_may_grant_do_and_not_to_themselves() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    for (viewer, refusal) in [
        (Viewer::anonymous(), "UNAUTHENTICATED"),
        (Viewer::user(&ada), "FORBIDDEN"),
        (Viewer::staff("user_staff", &["orders", "reports"]), "FORBIDDEN"),
    ] {
        let answer = users.grant(&viewer, &ada, &["ORDERS"]).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], refusal);
    }
    let own = users.grant(&Viewer::staff(&ada, &["users"]), &ada, &["ORDERS"]).await;
    assert_eq!(code(&own, "userPermissionsSet").as_deref(), Some("INVALID_INPUT"));
    let nobody = users.grant(&boss(), "user_none", &["ORDERS"]).await;
    assert_eq!(code(&nobody, "userPermissionsSet").as_deref(), Some("NOT_FOUND"));
    let unknown = users.grant(&boss(), &ada, &["STOCK"]).await;
    assert!(unknown["data"].is_null());
    assert!(users.deeds().await.is_empty());
}

#[tokio::test]
async fn nobody_grants_what_they_do_not_hold_nor_takes_from_who_holds_more() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let (owner_id, owner) = owner(&users, "owner@example.com").await;
    let refused = async |viewer: &Viewer, user: &str, permissions: &[&str]| {
        code(&users.grant(viewer, user, permissions).await, "userPermissionsSet")
    };
    let not_held = Some("PERMISSION_NOT_HELD".to_owned());
    for permissions in [&["CATALOG"][..], &["USERS"], &["OWNER"], &["ORDERS", "PAYMENTS"]] {
        assert_eq!(refused(&boss(), &ada, permissions).await, not_held, "{permissions:?}");
    }
    assert_eq!(refused(&boss(), &owner_id, &["ORDERS", "REPORTS"]).await, not_held);
    assert_eq!(refused(&owner, &ada, &["USERS", "CATALOG"]).await, None);
    assert_eq!(refused(&boss(), &ada, &[]).await, not_held, "she holds more than the boss");
    assert_eq!(users.deeds().await.len(), 1, "what was refused is no deed");
}

#[tokio::test]
async fn what_somebody_has_lost_meanwhile_they_do_not_grant() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let id = ensure_account(&users.store, "staff@example.com", PASSWORD, "Staff", &["users"]).await.expect("made");
    let token_says_more = Viewer::staff(id.as_str(), &["users", "orders"]);
    let answer = users.grant(&token_says_more, &ada, &["ORDERS"]).await;
    assert_eq!(code(&answer, "userPermissionsSet").as_deref(), Some("PERMISSION_NOT_HELD"));
}

#[tokio::test]
async fn the_shop_always_has_an_owner_also_when_two_take_it_from_each_other() {
    let users = Users::new().await;
    let (one, first) = owner(&users, "one@example.com").await;
    let (other, second) = owner(&users, "other@example.com").await;
    let (a, b) = tokio::join!(users.grant(&first, &other, &[]), users.grant(&second, &one, &["ORDERS"]));
    let mut codes = [code(&a, "userPermissionsSet"), code(&b, "userPermissionsSet")];
    codes.sort();
    assert_eq!(codes[0], None);
    assert!(codes[1].is_some(), "{codes:?}");
    assert!(users::has_owner(&users.store).await.expect("looked"));
}

#[tokio::test]
async fn the_last_owner_is_neither_demoted_nor_erased() {
    let users = Users::new().await;
    let (id, owner) = owner(&users, "owner@example.com").await;
    // Somebody whose token still says that they own the shop.
    let former = Viewer {
        signed: owner.signed.clone().map(|signed| kit::Signed { user_id: "user_former".into(), ..signed }),
        guest: None,
    };
    let demoted = users.grant(&former, &id, &[]).await;
    assert_eq!(code(&demoted, "userPermissionsSet").as_deref(), Some("LAST_OWNER"));
    let erase = "mutation ($input: UserEraseInput!) { userErase(input: $input) { userErrors { code } } }";
    let own = users.ask(owner, erase, json!({"input": {"password": PASSWORD}})).await;
    assert_eq!(code(&own, "userErase").as_deref(), Some("LAST_OWNER"));
    let other = users.ask(boss(), erase, json!({"input": {"userId": id}})).await;
    assert_eq!(code(&other, "userErase").as_deref(), Some("PERMISSION_NOT_HELD"));
    assert_eq!(code(&users.login("owner@example.com", PASSWORD).await, "userLogin"), None);
}

#[tokio::test]
async fn granting_and_erasing_others_takes_a_recent_proof() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let mut viewer = boss();
    viewer.signed.as_mut().expect("signed in").is_recent = false;
    let erase = "mutation ($input: UserEraseInput!) { userErase(input: $input) { userErrors { code } } }";
    for answer in [
        users.grant(&viewer, &ada, &["ORDERS"]).await,
        users.ask(viewer.clone(), erase, json!({"input": {"userId": ada}})).await,
    ] {
        assert_eq!(answer["errors"][0]["extensions"]["code"], "STEP_UP_REQUIRED", "{answer:#}");
    }
}

#[tokio::test]
async fn what_the_operator_does_is_on_record_and_names_no_secret() {
    let users = Users::new().await;
    create_staff(&users.store, "staff@example.com", PASSWORD, "Staff", &["orders"]).await.expect("made");
    users.store.rotate_signing_keys().await.expect("rotated");
    let deeds = users.deeds().await;
    let actions: Vec<_> = deeds.iter().map(|deed| (deed["actor"].clone(), deed["action"].clone())).collect();
    let operator = json!("operator");
    assert_eq!(actions, [(operator.clone(), json!("user.create")), (operator, json!("keys.rotate"))]);
    let told = format!("{deeds:?}");
    assert!(!told.contains("example.com") && !told.contains(PASSWORD), "{told}");
}
