//! What shows who somebody is besides a password, in a browser.

use reqwest::header::SET_COOKIE;
use serde_json::json;

use crate::edge::Edge;

const DEVICE: &str = "__Host-mercato-device";

#[tokio::test]
async fn a_browser_that_signed_in_shows_it_at_the_next_sign_in_also_after_signing_out() {
    let edge = Edge::start().await;
    let token = format!("mdt_{}", "A".repeat(43));
    edge.standin.told(|told| told.device = Some(token.clone()));
    let mut browser = edge.browser();
    let answer = browser.log_in().await;
    let kept = answer.headers.get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap());
    let kept = kept.filter(|cookie| cookie.starts_with(DEVICE)).collect::<Vec<_>>();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(kept[0].contains("HttpOnly") && kept[0].contains("Secure"), "{kept:?}");
    assert!(!answer.text.contains("mdt_"), "no page sees it");
    browser.post("/auth/logout", json!({})).await;
    assert!(browser.session().is_none() && browser.cookies.contains_key(DEVICE));
    browser.log_in().await;
    let sent = edge.standin.told(|told| told.called.last().unwrap().1["deviceToken"].clone());
    assert_eq!(sent, json!(token));
}

#[tokio::test]
async fn a_sign_in_that_takes_a_code_gives_a_ticket_and_no_cookie_before_the_code() {
    let edge = Edge::start().await;
    let mut browser = edge.browser();
    let refused = json!({ "code": "SECOND_FACTOR_REQUIRED", "message": "Give a code.", "ticket": "mot_1" });
    edge.standin.told(|told| told.refused = Some(refused));
    let answer = browser.log_in().await;
    assert_eq!((answer.status, answer.code().as_str()), (401, "SECOND_FACTOR_REQUIRED"));
    assert_eq!(answer.json()["errors"][0]["extensions"]["ticket"], "mot_1");
    assert_eq!(browser.session(), None);
    edge.standin.told(|told| told.refused = Some(json!({ "code": "INVALID_CODE", "message": "No." })));
    let step = json!({ "ticket": "mot_1", "code": "123456" });
    assert_eq!(browser.post("/auth/second-factor", step.clone()).await.status, 401);
    edge.standin.told(|told| told.refused = None);
    assert_eq!(browser.post("/auth/second-factor", step).await.status, 200);
    assert!(browser.session().is_some());
}

#[tokio::test]
async fn a_session_that_steps_up_goes_on_with_another_token_and_without_showing_it() {
    let edge = Edge::start().await;
    let mut browser = edge.signed_in().await;
    let answer = browser.post("/auth/step-up", json!({ "password": "correct horse" })).await;
    assert_eq!((answer.status, answer.json()["user"]["displayName"].as_str()), (200, Some("Ada")));
    assert!(!answer.text.contains("eyJ"), "{}", answer.text);
    browser.ask().await;
    let routed = edge.standin.told(|told| told.routed.last().unwrap()["authorization"].to_str().unwrap().to_owned());
    let stepped = edge.standin.told(|told| told.stepped_up.clone());
    assert_eq!(Some(routed), stepped.map(|token| format!("Bearer {token}")));
    let nobody = edge.browser().post("/auth/step-up", json!({ "password": "correct horse" })).await;
    assert_eq!(nobody.status, 401);
}

#[tokio::test]
async fn a_password_is_reset_and_the_browser_known_with_that_while_nobody_is_signed_in() {
    let edge = Edge::start().await;
    edge.standin.told(|told| told.device = Some(format!("mdt_{}", "A".repeat(43))));
    let mut browser = edge.browser();
    let answer = browser.post("/auth/reset", json!({ "token": "mot_1", "newPassword": "another horse" })).await;
    assert_eq!(answer.status, 200);
    assert!(browser.session().is_none() && browser.cookies.contains_key(DEVICE));
}

#[tokio::test]
async fn the_cookie_of_the_staff_is_kept_for_less_long() {
    let edge = Edge::start().await;
    let lasts = async |role: &'static str| {
        edge.standin.told(|told| told.role = role);
        let answer = edge.browser().log_in().await;
        let cookie = answer.headers[SET_COOKIE].to_str().unwrap().to_owned();
        cookie.split("Max-Age=").nth(1).unwrap().to_owned()
    };
    assert_eq!((lasts("CUSTOMER").await, lasts("STAFF").await), ("36000".to_owned(), "3600".to_owned()));
}
