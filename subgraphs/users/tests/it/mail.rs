use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use kit::messaging::{Message, MessageHandler};
use serde_json::Value;
use tokio::net::TcpListener;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use users::Commands;

use crate::{PASSWORD, Users};

#[tokio::test]
async fn a_mail_arrives_whole_and_nothing_of_it_is_kept() {
    let users = Users::new().await;
    let post = users.post().await;
    users.register("ada@example.com", PASSWORD, "Ada").await;
    let mails = post.to("ada@example.com").await;
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!(
        (mail.from.as_str(), mail.subject.as_str()),
        ("no-reply@shop.example", "Confirm your address for Mercato")
    );
    let token = mail.links[0].strip_prefix("https://shop.example/auth/verify?token=mot_").expect("a link");
    assert_eq!(token.len(), 43);
    assert!(mail.html.as_ref().is_some_and(|html| html.contains(token)), "both halves lead there");
    let states = users.store.mail_states().await.expect("states");
    assert_eq!(states.len(), 1);
    assert!(states[0].is_sent && !states[0].has_body, "{states:?}");
    assert_eq!(mail.message_id, format!("{}@shop.example", states[0].id));
}

#[tokio::test]
async fn a_mail_waits_longer_and_longer_for_a_server_that_is_away_and_keeps_its_name() {
    let users = Users::new().await;
    let gone = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let nowhere = users.postman(&format!("smtp://{gone}"));
    users.register("ada@example.com", PASSWORD, "Ada").await;
    assert_eq!(nowhere.send_due().await.expect("tried"), 1);
    assert_eq!(nowhere.send_due().await.expect("not yet"), 0);
    users.clock.advance(TimeDelta::seconds(10));
    assert_eq!(nowhere.send_due().await.expect("tried again"), 1);
    users.clock.advance(TimeDelta::seconds(10));
    assert_eq!(nowhere.send_due().await.expect("not yet"), 0);
    let states = users.store.mail_states().await.expect("states");
    assert_eq!(states[0].last_error.as_deref(), Some("the server could not be talked to"));
    assert!(states[0].has_body && !states[0].is_dead);

    let post = users.post().await;
    assert!(post.to("ada@example.com").await.is_empty(), "its time has not come");
    users.clock.advance(TimeDelta::seconds(10));
    let mails = post.to("ada@example.com").await;
    assert_eq!(mails[0].message_id, format!("{}@shop.example", states[0].id));
}

#[tokio::test]
async fn a_mail_that_no_server_takes_is_given_up_and_what_it_said_forgotten() {
    let users = Users::new().await;
    let post = users.post().await;
    users.register("defer@example.com", PASSWORD, "Ada").await;
    for _ in 0..3 {
        post.to("defer@example.com").await;
        users.clock.advance(TimeDelta::minutes(2));
    }
    users.register("bounce@example.com", PASSWORD, "Ada").await;
    post.to("bounce@example.com").await;
    let states = users.store.mail_states().await.expect("states");
    let told: Vec<_> = states.iter().map(|state| (state.attempts, state.last_error.as_deref())).collect();
    assert_eq!(told, [(3, Some("the server answered 451")), (1, Some("the server answered 550"))]);
    assert!(states.iter().all(|state| state.is_dead && !state.has_body && !state.is_sent), "{states:?}");
    assert!(states.iter().all(|state| !state.last_error.as_deref().unwrap_or_default().contains('@')));
}

/// What is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(Level, String)>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{field}={value:?} ").expect("memory takes it");
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().expect("nobody panicked").push((*event.metadata().level(), line.0));
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

#[tokio::test]
async fn a_refused_recipient_is_a_warning_with_its_count_and_nobodys_address() {
    let users = Users::new().await;
    let post = users.post().await;
    let log = Log::default();
    let listening = tracing::subscriber::set_default(log.clone());
    for number in 1..=2 {
        users.register(&format!("bounce@b{number}.example.com"), PASSWORD, "Ada").await;
        post.to("nobody").await;
    }
    drop(listening);
    let lines = log.0.lock().expect("nobody panicked").clone();
    let refused: Vec<_> = lines.iter().filter(|(_, line)| line.contains("recipient is refused")).collect();
    assert_eq!(refused.len(), 2, "{lines:?}");
    for (number, (level, line)) in refused.into_iter().enumerate() {
        assert_eq!(*level, Level::WARN, "{line}");
        assert!(line.contains(&format!("refused={} ", number + 1)) && line.contains("550"), "{line}");
    }
    assert!(lines.iter().all(|(level, line)| *level != Level::ERROR && !line.contains('@')), "{lines:?}");
}

#[tokio::test]
async fn a_link_that_has_expired_is_not_sent_any_more() {
    let users = Users::new().await;
    let post = users.post().await;
    users.register("ada@example.com", PASSWORD, "Ada").await;
    users.clock.advance(TimeDelta::hours(25));
    assert!(post.to("ada@example.com").await.is_empty());
    let states = users.store.mail_states().await.expect("states");
    assert!(states[0].is_dead && !states[0].has_body, "{states:?}");
}

#[tokio::test]
async fn of_several_who_send_one_mail_one_does() {
    let users = Users::new().await;
    let post = users.post().await;
    for number in 0..20 {
        users.register(&format!("ada{number}@example.com"), PASSWORD, "Ada").await;
    }
    let replicas: Vec<_> = (0..4).map(|_| users.postman(&post.server)).collect();
    let rounds = replicas.iter().map(|replica| async { while replica.send_due().await.expect("sent") > 0 {} });
    futures::future::join_all(rounds).await;
    assert_eq!(post.to("ada0@example.com").await.len(), 1);
    assert_eq!(post.catcher.mails(None).len(), 20);
}

#[tokio::test]
async fn who_prefers_german_is_written_to_in_german() {
    let users = Users::new().await;
    let post = users.post().await;
    let input = serde_json::json!({"input": {
        "email": "ada@example.com", "password": PASSWORD, "displayName": "Ada", "language": "de-at",
    }});
    users.ask(kit::Viewer::anonymous(), crate::REGISTER, input).await;
    let mails = post.to("ada@example.com").await;
    assert_eq!(mails[0].subject, "Bestätigen Sie Ihre Adresse bei Mercato");
    assert!(mails[0].text.contains("Bestätigen Sie, dass diese Adresse Ihnen gehört"), "{}", mails[0].text);
    // Who registered in a language goes on in it.
    users.verify(&post.token("ada@example.com").await).await;
    users.request_reset("ada@example.com").await;
    assert_eq!(post.to("ada@example.com").await[0].subject, "Neues Passwort für Mercato");
}

/// The link that orders asks for, as its example has it.
fn order_link() -> Value {
    serde_json::from_str(include_str!("../../../../docs/messages/mail.order_link.v2.json")).expect("JSON")
}

async fn hear(users: &Users, link: &Value) {
    let message = Message::new("mail.order_link.v2", "order_link", link).expect("plain data");
    for _twice in 0..2 {
        Commands(users.desk.emails.clone()).handle(&message).await.expect("it is written");
    }
}

#[tokio::test]
async fn a_link_to_an_order_is_mailed_once_in_the_language_that_was_asked_for() {
    let users = Users::new().await;
    let post = users.post().await;
    let (mut link, later) = (order_link(), users.clock.now() + TimeDelta::hours(1));
    link["expiresAt"] = serde_json::json!(later);
    hear(&users, &link).await;
    let mails = post.to("ada@example.com").await;
    assert_eq!(mails.len(), 1, "however often it is asked for");
    assert_eq!(mails[0].subject, "Ihre Bestellung bei Mercato");
    let token = mails[0].links[0].strip_prefix("https://shop.example/auth/order?token=").expect("a link");
    let stated = users.verifier().stated(token, "mercato-order-link").await.expect("the keys are known");
    assert_eq!(stated.as_deref(), link["link"].as_str());
    assert_eq!(users.verifier().stated(token, "mercato").await.expect("the keys are known"), None);
    assert!(users.verifier().verify(token).await.is_err(), "it says nothing of who asks");
    link["to"] = Value::Null;
    hear(&users, &link).await;
    let states = users.store.mail_states().await.expect("states");
    assert_eq!((states.len(), states[1].is_sent, states[1].has_body), (2, true, false), "to nobody nothing is said");
}
