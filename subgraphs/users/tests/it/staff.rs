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
    async fn deeds(&self) -> Vec<Value> {
        let all = sent(&self.db).await;
        all.into_iter().filter(|(stream, _)| stream == kit::audit::STREAM).map(|(_, message)| message.body).collect()
    }
}

fn boss() -> Viewer {
    Viewer::staff("user_boss", &["users"])
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
