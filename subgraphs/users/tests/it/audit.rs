//! What staff did, told by every part of the shop and kept here for good.

use kit::Viewer;
use kit::identity::audit::{AuditEvent, RECORDED};
use kit::messaging::{Message, MessageHandler};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use users::AuditEvents;

use crate::Users;

const LOG: &str = "query ($subject: ID, $first: Int! = 20, $after: String) {
    auditLog(subject: $subject, first: $first, after: $after) {
        nodes { at actor action subject detail }
        pageInfo { hasNextPage endCursor }
    }
}";

fn example() -> AuditEvent {
    serde_json::from_str(include_str!("../../../../docs/messages/audit.recorded.v1.json")).expect("a deed")
}

async fn hear(users: &Users, deed: &AuditEvent) -> Message {
    let message = Message::new(RECORDED, &deed.subject, deed).expect("plain data");
    AuditEvents(users.store.clone()).handle(&message).await.expect("it is kept");
    message
}

fn staff() -> Viewer {
    Viewer::staff("user_staff", &["reports"])
}

#[tokio::test]
async fn a_deed_that_is_told_twice_stands_once() {
    let users = Users::new().await;
    let message = hear(&users, &example()).await;
    AuditEvents(users.store.clone()).handle(&message).await.expect("it is passed over");
    let log = users.ask(staff(), LOG, json!({})).await;
    let expected = json!([{
        "at": "2026-01-05T12:00:00+00:00",
        "actor": "user_0192f3a1c4e87d2f9b1a5c6d7e8f9012",
        "action": "order.cancel",
        "subject": "ord_0192f3a1c4e87d2f9b1a5c6d7e8f9012",
        "detail": {"reason": "The buyer called."},
    }]);
    assert_eq!(log["data"]["auditLog"]["nodes"], expected);
}

#[tokio::test]
async fn the_newest_comes_first_and_pages_follow_each_other() {
    let users = Users::new().await;
    for minutes in 0..5 {
        let deed = AuditEvent {
            action: format!("lamp.{minutes}"),
            at: example().at + chrono::TimeDelta::minutes(minutes),
            ..example()
        };
        hear(&users, &deed).await;
    }
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = users.ask(staff(), LOG, json!({"first": 2, "after": after})).await;
        let log = &page["data"]["auditLog"];
        seen.extend(log["nodes"].as_array().expect("nodes").iter().map(|node| node["action"].clone()));
        if log["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = log["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(seen, ["lamp.4", "lamp.3", "lamp.2", "lamp.1", "lamp.0"]);
}

#[tokio::test]
async fn one_subject_s_deeds_can_be_asked_for() {
    let users = Users::new().await;
    hear(&users, &example()).await;
    hear(&users, &AuditEvent { subject: "ord_2".into(), ..example() }).await;
    let log = users.ask(staff(), LOG, json!({"subject": "ord_2"})).await;
    assert_eq!(log["data"]["auditLog"]["nodes"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn only_staff_with_the_permission_read_it() {
    let users = Users::new().await;
    for viewer in [Viewer::anonymous(), Viewer::user("user_ada"), Viewer::staff("user_staff", &["orders"])] {
        let answer = users.ask(viewer.clone(), LOG, json!({})).await;
        let code = answer["errors"][0]["extensions"]["code"].as_str();
        assert!(matches!(code, Some("UNAUTHENTICATED" | "FORBIDDEN")), "{viewer:?}: {answer}");
    }
}

#[tokio::test]
async fn no_entry_can_be_changed_or_taken_out() {
    let users = Users::new().await;
    hear(&users, &example()).await;
    for statement in ["UPDATE audit_entry SET actor = 'nobody'", "DELETE FROM audit_entry"] {
        let txn = users.db.begin().await.expect("a transaction");
        let refused = txn.execute_unprepared(statement).await.expect_err("append-only");
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
}
