use insta::assert_json_snapshot;
use kit::Viewer;
use serde_json::json;

use crate::Users;

const ENTITIES: &str = "query ($representations: [_Any!]!) {
    _entities(representations: $representations) { ... on User { id displayName email } }
}";

#[tokio::test]
async fn me_is_who_is_signed_in_and_nobody_else() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let me = "{ me { displayName email } }";
    assert_json_snapshot!(users.ask(Viewer::user(&ada), me, json!({})).await, @r#"
    {
      "data": {
        "me": {
          "displayName": "Ada",
          "email": "ada@example.com"
        }
      }
    }
    "#);
    let nobody = json!({"data": {"me": null}});
    let strangers = [Viewer::anonymous(), Viewer::guest("secret"), Viewer::user("user_gone"), Viewer::user("'; --\0")];
    for viewer in strangers {
        assert_eq!(users.ask(viewer, me, json!({})).await, nobody);
    }
}

#[tokio::test]
async fn an_address_is_shown_to_its_owner_alone() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let bob = users.somebody("bob@example.com", "Bob").await;
    let both = json!({"representations": [{"__typename": "User", "id": ada}, {"__typename": "User", "id": bob}]});
    let shown = |answer: serde_json::Value| {
        let users = answer["data"]["_entities"].as_array().expect("entities").clone();
        users.iter().map(|user| (user["displayName"].clone(), user["email"].clone())).collect::<Vec<_>>()
    };
    let (a, b) = (json!("Ada"), json!("Bob"));
    let to_ada = shown(users.ask(Viewer::user(&ada), ENTITIES, both.clone()).await);
    assert_eq!(to_ada, [(a.clone(), json!("ada@example.com")), (b.clone(), json!(null))]);
    let to_staff = shown(users.ask(Viewer::staff("user_staff", &["everything"]), ENTITIES, both.clone()).await);
    assert_eq!(to_staff, [(a.clone(), json!(null)), (b.clone(), json!(null))]);
    let to_nobody = shown(users.ask(Viewer::anonymous(), ENTITIES, both).await);
    assert_eq!(to_nobody, [(a, json!(null)), (b, json!(null))]);
}

#[tokio::test]
async fn what_is_no_user_is_null_and_costs_the_others_nothing() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let representations = json!({"representations": [
        {"__typename": "User", "id": "user_gone"},
        {"__typename": "User", "id": ada},
        {"__typename": "User", "id": "prod_1"},
        {"__typename": "User", "id": "'; drop table account; --\u{0}"},
    ]});
    let answer = users.ask(Viewer::anonymous(), ENTITIES, representations).await;
    assert_json_snapshot!(crate::steady(answer, &[("/data/_entities/1/id", "[id]")]), @r#"
    {
      "data": {
        "_entities": [
          null,
          {
            "displayName": "Ada",
            "email": null,
            "id": "[id]"
          },
          null,
          null
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn twenty_users_cost_the_statements_of_one() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let mut counts = Vec::new();
    for many in [1, 20] {
        let mut representations: Vec<_> =
            (1..many).map(|number| json!({"__typename": "User", "id": format!("user_{number}")})).collect();
        representations.push(json!({"__typename": "User", "id": ada}));
        let before = users.db.statements();
        users.ask(Viewer::anonymous(), ENTITIES, json!({"representations": representations})).await;
        counts.push(users.db.statements() - before);
    }
    assert_eq!(counts, [1, 1]);
}
