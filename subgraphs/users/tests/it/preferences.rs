use chrono::TimeDelta;
use insta::assert_json_snapshot;
use kit::Viewer;
use serde_json::{Value, json};

use crate::{Users, code};

const UPDATE: &str = "mutation ($input: UserPreferencesUpdateInput!) {
    userPreferencesUpdate(input: $input) {
        preferences {
            language
            currency
            marketingConsent { isGiven source changedAt }
            marketingConsentHistory { isGiven source changedAt }
        }
        userErrors { code message path }
    }
}";

async fn update(users: &Users, who: &str, input: Value) -> Value {
    users.ask(Viewer::user(who), UPDATE, json!({"input": input})).await
}

#[tokio::test]
async fn every_answer_about_offers_is_kept_with_its_time_and_source() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    update(
        &users,
        &ada,
        json!({"language": "DE-at", "currency": "EUR", "marketingConsent": true, "consentSource": "checkout"}),
    )
    .await;
    users.clock.advance(TimeDelta::days(1));
    // The same answer again is no new one.
    update(&users, &ada, json!({"marketingConsent": true})).await;
    let answer = update(&users, &ada, json!({"marketingConsent": false, "currency": null})).await;
    assert_json_snapshot!(answer, @r#"
    {
      "data": {
        "userPreferencesUpdate": {
          "preferences": {
            "currency": null,
            "language": "de-AT",
            "marketingConsent": {
              "changedAt": "2026-01-06T12:00:00+00:00",
              "isGiven": false,
              "source": "settings"
            },
            "marketingConsentHistory": [
              {
                "changedAt": "2026-01-06T12:00:00+00:00",
                "isGiven": false,
                "source": "settings"
              },
              {
                "changedAt": "2026-01-05T12:00:00+00:00",
                "isGiven": true,
                "source": "checkout"
              }
            ]
          },
          "userErrors": []
        }
      }
    }
    "#);
    let me = users.ask(
        Viewer::user(&ada),
        "{ me { preferences { language marketingConsentHistory { isGiven } } } }",
        json!({}),
    );
    let shown = json!({"language": "de-AT", "marketingConsentHistory": [{"isGiven": false}, {"isGiven": true}]});
    assert_eq!(me.await["data"]["me"]["preferences"], shown);
}

#[tokio::test]
async fn all_that_cannot_be_preferred_is_named_at_once() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let wrong = json!({"language": "english please", "currency": "KWD", "marketingConsent": true, "consentSource": ""});
    let answer = update(&users, &ada, wrong).await;
    let paths: Vec<_> = answer["data"]["userPreferencesUpdate"]["userErrors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| error["path"][0].clone())
        .collect();
    assert_eq!(paths, ["language", "currency", "consentSource"]);
    assert_eq!(answer["data"]["userPreferencesUpdate"]["preferences"], json!(null));
    let of_nothing = update(&users, &ada, json!({"language": "en", "consentSource": "\n"})).await;
    assert_eq!(of_nothing["data"]["userPreferencesUpdate"]["userErrors"][0]["path"], json!(["consentSource"]));
}

#[tokio::test]
async fn a_profile_is_changed_by_its_owner() {
    let users = Users::new().await;
    let ada = users.somebody("ada@example.com", "Ada").await;
    let update = "mutation ($input: UserProfileUpdateInput!) { userProfileUpdate(input: $input) { user { displayName } userErrors { code path } } }";
    let named = |name: &str| json!({"input": {"displayName": name}});
    let answer = users.ask(Viewer::user(&ada), update, named(" Countess Lovelace ")).await;
    assert_eq!(answer["data"]["userProfileUpdate"]["user"]["displayName"], "Countess Lovelace");
    let refused = users.ask(Viewer::user(&ada), update, named("a\nb")).await;
    assert_eq!(code(&refused, "userProfileUpdate").as_deref(), Some("INVALID_INPUT"));
    let gone = users.ask(Viewer::user("user_gone"), update, named("Eve")).await;
    assert_eq!(code(&gone, "userProfileUpdate").as_deref(), Some("NOT_FOUND"));
    for nobody in [Viewer::anonymous(), Viewer::guest("secret")] {
        let refused = users.ask(nobody, update, named("Eve")).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    }
}
