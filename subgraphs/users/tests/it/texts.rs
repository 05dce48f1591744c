use kit::Viewer;
use kit::testing::doors::{doors, nothing_hostile_is_kept, walk};
use serde_json::{Value, json};

use crate::{PASSWORD, Users, code, text};

fn sample(path: &str) -> Option<Value> {
    let (_, field) = path.rsplit_once('.')?;
    Some(match field {
        "name" | "displayName" => json!("Ada Lovelace"),
        "line1" => json!("1 Main Street"),
        "line2" => json!("2nd floor"),
        "city" => json!("Springfield"),
        "region" => json!("IL"),
        "postalCode" => json!("62701"),
        "country" => json!("US"),
        "email" | "newEmail" => json!("ada@example.com"),
        "password" | "currentPassword" | "newPassword" if !path.contains("userErase") => json!(PASSWORD),
        "language" => json!("en"),
        "currency" => json!("USD"),
        "consentSource" => json!("settings"),
        "marketingConsent" => json!(true),
        "after" => Value::Null,
        _ => return None,
    })
}

#[tokio::test]
async fn no_hostile_text_breaks_anything_or_is_kept() {
    let users = Users::new().await;
    let ada = Viewer::user(&users.somebody("ada@example.com", "Ada").await);
    let staff = Viewer::staff("user_staff", &["users"]);
    let sessions = "query ($text: String) { me { sessions(after: $text) { nodes { id } } } }";
    let nested = [("User.sessions.after", sessions, json!({ "text": "" }))];
    let doors = doors(&users.schema, &sample, &nested).await;
    assert!(doors.len() >= 45, "{} doors", doors.len());
    for viewer in [ada, staff] {
        let tried =
            walk(&doors, async |document, variables| users.ask(viewer.clone(), document, variables).await).await;
        assert!(tried >= 45 * 72, "{tried} texts");
    }
    nothing_hostile_is_kept(&users.db).await;
}

#[tokio::test]
async fn a_name_is_kept_in_one_spelling_and_one_that_nobody_sees_is_refused() {
    let users = Users::new().await;
    let ada = Viewer::user(&users.somebody("ada@example.com", "Ada").await);
    let change = "mutation ($name: String) {
        userProfileUpdate(input: { displayName: $name }) { user { displayName } userErrors { code path } } }";
    for nothing in ["\u{200b}", "\u{feff}", "\u{3164}", "\u{301}", "\u{202e}\u{202c}"] {
        let refused = users.ask(ada.clone(), change, json!({ "name": nothing })).await;
        assert_eq!(code(&refused, "userProfileUpdate").as_deref(), Some("INVALID_INPUT"));
    }
    let changed = users.ask(ada.clone(), change, json!({ "name": " A\u{30a}sa \u{202e}O\u{308}berg\u{200b} " })).await;
    assert_eq!(text(&changed, "/data/userProfileUpdate/user/displayName"), "Åsa Öberg");
}

#[tokio::test]
async fn mail_goes_to_a_domain_in_any_script_and_is_shown_in_it() {
    let users = Users::new().await;
    let registered = users.register("Tess@Bücher.example", PASSWORD, "Tess").await;
    assert_eq!(code(&registered, "userRegister"), None);
    let rows = kit::testing::rows(&users.db).await;
    assert!(rows.iter().any(|row| row.contains("tess@xn--bcher-kva.example")), "a mail is on its way");
    let tess = users.somebody("tess@xn--bcher-kva.example", "Tess").await;
    for spelling in ["tess@bücher.example", "tess@BU\u{308}CHER.example", "tess@xn--bcher-kva.example"] {
        let answer = users.login(spelling, PASSWORD).await;
        assert_eq!(text(&answer, "/data/userLogin/user/email"), "tess@bücher.example", "{spelling}");
        assert_eq!(text(&answer, "/data/userLogin/user/id"), tess);
    }
    let unsendable = users.register("müller@example.com", PASSWORD, "Tess").await;
    assert_eq!(code(&unsendable, "userRegister").as_deref(), Some("INVALID_INPUT"));
}
