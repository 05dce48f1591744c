//! What does not fit is refused with a code, and nothing of it is repeated.

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::edge::Edge;

#[tokio::test]
async fn a_refusal_of_users_is_told_with_its_status() {
    let edge = Edge::start().await;
    let mut browser = edge.browser();
    let refused = |code: &str| json!({ "code": code, "message": "No.", "path": ["password"], "retryAfterSeconds": 30 });
    for (code, status) in [
        ("INVALID_CREDENTIALS", 401),
        ("EMAIL_NOT_VERIFIED", 403),
        ("TOO_MANY_ATTEMPTS", 429),
        ("INVALID_INPUT", 400),
        ("UNAVAILABLE", 503),
    ] {
        edge.standin.told(|told| told.refused = Some(refused(code)));
        let answer = browser.log_in().await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code));
        assert_eq!(answer.json()["errors"][0]["path"], json!(["password"]));
        assert_eq!(answer.headers["retry-after"], "30");
        assert_eq!(browser.session(), None);
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_or_no_json_is_refused_unread() {
    let edge = Edge::start().await;
    let mut browser = edge.browser();
    let post = |body: String, kind: &str| {
        let request = edge.browser().request(Method::POST, "/auth/login").header("x-mercato-csrf", "1");
        request.header("content-type", kind).body(body)
    };
    let secret = "hunter2";
    for (request, status, code) in [
        (post("x".repeat(20_000), "application/json"), 413, "TOO_LARGE"),
        (post(format!("{{\"password\": \"{secret}\"}}"), "application/json"), 400, "BAD_USER_INPUT"),
        (post(format!("{{\"password\": \"{secret}"), "application/json"), 400, "BAD_REQUEST"),
        (post(format!("password={secret}"), "application/x-www-form-urlencoded"), 415, "BAD_REQUEST"),
    ] {
        let answer = browser.send(request).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.text);
        assert!(!answer.text.contains(secret), "{}", answer.text);
    }
    assert_eq!(edge.standin.calls("LogIn"), 0);
}

#[tokio::test]
async fn a_body_that_does_not_fit_is_told_by_field_and_by_what_it_takes() {
    let edge = Edge::start().await;
    let mut browser = edge.browser();
    let mut cases = 0;
    for (path, body, code, at, said) in [
        ("/auth/login", "{\"email\": \"a\"", "BAD_REQUEST", json!(null), "breaks off"),
        ("/auth/login", "{\"email\": a}", "BAD_REQUEST", json!(null), "line 1, column 11"),
        ("/auth/login", "{\"email\": \"a\", \"password\": \"b\"} x", "BAD_REQUEST", json!(null), "line 1"),
        ("/auth/login", "{\"email\": \"a\"}", "BAD_USER_INPUT", json!(["password"]), "lacks the field `password`"),
        ("/auth/login", "{\"email\": 1, \"password\": \"b\"}", "BAD_USER_INPUT", json!(["email"]), "a string"),
        ("/auth/login", "[1]", "BAD_USER_INPUT", json!(null), "a JSON object"),
        ("/auth/logout", "{\"everywhere\": \"yes\"}", "BAD_USER_INPUT", json!(["everywhere"]), "a boolean"),
        ("/auth/reset", "{\"token\": \"t\"}", "BAD_USER_INPUT", json!(["newPassword"]), "`newPassword`"),
        ("/auth/second-factor", "{\"ticket\": null}", "BAD_USER_INPUT", json!(["ticket"]), "a string"),
    ] {
        let request = browser.request(Method::POST, path).header("x-mercato-csrf", "1");
        let answer = browser.send(request.header("content-type", "application/json").body(body)).await;
        let error = answer.json()["errors"][0].clone();
        assert_eq!((answer.status, answer.code().as_str()), (400, code), "{body}: {error}");
        assert_eq!(error["path"], at, "{body}: {error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(said) && message.ends_with('.') && !message.contains("struct"), "{message}");
        cases += 1;
    }
    assert_eq!(cases, 9);
}

#[tokio::test]
async fn users_learns_where_the_client_is_and_that_the_edge_calls() {
    let edge = Edge::start().await;
    edge.browser().log_in().await;
    let (_, input, headers) = edge.standin.told(|told| told.called[0].clone());
    assert_eq!(input["email"], "ada@example.com");
    assert!(headers.contains_key("x-mercato-caller"));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up_wherever_it_was_to_go() {
    let edge = Edge::set_up(|settings| settings.http.body_ms = 100).await;
    let address = edge.url.strip_prefix("http://").unwrap();
    let mut given_up = 0;
    for path in ["/auth/login", "/auth/verify", "/auth/logout", "/graphql"] {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\nx-mercato-csrf: 1\r\n\
             content-length: 100\r\n\r\n{{"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let read = tokio::time::timeout(std::time::Duration::from_secs(20), socket.read_to_string(&mut answer));
        read.await.unwrap().unwrap();
        assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("BAD_REQUEST"), "{path}: {answer}");
        given_up += 1;
    }
    assert_eq!(given_up, 4);
}
