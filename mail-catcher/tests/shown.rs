//! A mail's way from a socket to the page.

use lettre::message::MultiPart;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

async fn free() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    (listener, address)
}

#[tokio::test]
async fn a_mail_that_was_taken_is_shown_and_can_do_nothing() {
    let ((http, page), (smtp, server), stop) = (free().await, free().await, CancellationToken::new());
    let running = tokio::spawn(mail_catcher::serve(http, smtp, true, stop.clone()));
    let sender =
        AsyncSmtpTransport::<Tokio1Executor>::from_url(&format!("smtp://{server}")).expect("a server's URL").build();
    let text = "Hallo.\n.dot\n\nBestätigen:\nhttps://shop.example/auth/verify?token=mot_1\n".to_owned();
    let mail = Message::builder()
        .message_id(Some("<1@shop.example>".to_owned()))
        .from("Mercato <no-reply@shop.example>".parse().expect("a sender"))
        .to("ada@example.com".parse().expect("an address"))
        .subject("Bestätigen Sie <b>Ihre</b> Adresse")
        .multipart(MultiPart::alternative_plain_html(text.clone(), "<p>Hallo.</p>".to_owned()))
        .expect("a mail");
    sender.send(mail).await.expect("it is taken");

    let get = async |path: &str| reqwest::get(format!("http://{page}{path}")).await.expect("an answer");
    let told: Value = get("/dev/mail/messages.json?to=ADA@example.com").await.json().await.expect("JSON");
    assert_eq!(told[0]["subject"], "Bestätigen Sie <b>Ihre</b> Adresse");
    assert_eq!(told[0]["text"], text);
    assert_eq!(told[0]["links"], serde_json::json!(["https://shop.example/auth/verify?token=mot_1"]));
    let nobody: Value = get("/dev/mail/messages.json?to=eve@example.com").await.json().await.expect("JSON");
    assert_eq!(nobody, serde_json::json!([]));

    let list = get("/dev/mail").await;
    let policy = list.headers()["content-security-policy"].to_str().expect("text").to_owned();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("script-src"), "{policy}");
    let html = list.text().await.expect("text");
    assert!(html.contains("Sie &lt;b&gt;Ihre&lt;/b&gt; Adresse"), "{html}");
    assert!(html.contains("<a href=\"https://shop.example/auth/verify?token=mot_1\">"), "{html}");
    let own = get("/dev/mail/1/html").await;
    assert!(own.headers()["content-security-policy"].to_str().expect("text").contains("sandbox"));
    assert_eq!(own.text().await.expect("text").trim(), "<p>Hallo.</p>");
    assert_eq!(get("/dev/mail/2/html").await.status(), 404);
    stop.cancel();
    running.await.expect("no panic").expect("it stopped in good order");
}

#[tokio::test]
async fn where_strangers_might_look_mails_are_taken_and_not_shown() {
    let ((http, page), (smtp, server), stop) = (free().await, free().await, CancellationToken::new());
    let running = tokio::spawn(mail_catcher::serve(http, smtp, false, stop.clone()));
    let sender =
        AsyncSmtpTransport::<Tokio1Executor>::from_url(&format!("smtp://{server}")).expect("a server's URL").build();
    let mail = Message::builder()
        .from("Mercato <no-reply@shop.example>".parse().expect("a sender"))
        .to("ada@example.com".parse().expect("an address"))
        .body("https://shop.example/auth/reset?token=mot_1".to_owned())
        .expect("a mail");
    sender.send(mail).await.expect("it is taken");
    let status = async |path: &str| reqwest::get(format!("http://{page}{path}")).await.expect("an answer").status();
    assert_eq!(status("/ready").await, 200);
    for path in ["/dev/mail", "/dev/mail/messages.json", "/dev/mail/1/html"] {
        assert_eq!(status(path).await, 404, "{path}");
    }
    stop.cancel();
    running.await.expect("it stops").expect("well");
}
