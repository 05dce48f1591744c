//! A keeper as it is asked: with the examples of the commands, about somebody of the test's.

use serde_json::Value;

use super::sent;
use crate::Db;
use crate::identity::privacy::{
    ERASE, ERASE_REFUSED, ERASED, EXPORT, EXPORTED, PersonalDataStore, PrivacyHandler, REPLIES,
};
use crate::messaging::{Message, MessageHandler};

const EXAMPLES: [(&str, &str); 5] = [
    (EXPORT, include_str!("../../../../docs/messages/privacy.export.v1.json")),
    (EXPORTED, include_str!("../../../../docs/messages/privacy.exported.v1.json")),
    (ERASE, include_str!("../../../../docs/messages/privacy.erase.v1.json")),
    (ERASED, include_str!("../../../../docs/messages/privacy.erased.v1.json")),
    (ERASE_REFUSED, include_str!("../../../../docs/messages/privacy.erase_refused.v1.json")),
];

fn example(kind: &str) -> Value {
    let found = EXAMPLES.iter().find(|(one, _)| *one == kind).expect("there is an example");
    serde_json::from_str(found.1).expect("an example is JSON")
}

/// All that `keeper` has on this user.
pub async fn handed_over<K: PersonalDataStore>(db: &Db, keeper: K, user: &str) -> Value {
    handed_over_to(db, keeper, user, None).await
}

/// All that `keeper` has on this user, who has verified the address with this hash.
pub async fn handed_over_to<K: PersonalDataStore>(db: &Db, keeper: K, user: &str, email_hash: Option<&str>) -> Value {
    let answer = asked(db, keeper, EXPORT, user, &[("emailHash", email_hash.into())]).await;
    assert_eq!(answer.kind, EXPORTED);
    answer.body["part"].clone()
}

/// The answer of `keeper` when it is to forget this user.
pub async fn erased_from<K: PersonalDataStore>(db: &Db, keeper: K, user: &str, texts_too: bool) -> Message {
    asked(db, keeper, ERASE, user, &[("textsToo", texts_too.into()), ("emailHash", Value::Null)]).await
}

/// The same, when the user has verified the address with this hash.
pub async fn erased_with<K: PersonalDataStore>(db: &Db, keeper: K, user: &str, email_hash: &str) -> Message {
    asked(db, keeper, ERASE, user, &[("emailHash", email_hash.into())]).await
}

async fn asked<K: PersonalDataStore>(db: &Db, keeper: K, kind: &str, user: &str, with: &[(&str, Value)]) -> Message {
    let mut body = example(kind);
    body["userId"] = user.into();
    with.iter().for_each(|(name, value)| body[*name] = value.clone());
    let answers = PrivacyHandler::new(db.clone(), keeper);
    let before = sent(db).await.len();
    body["keeper"] = "somebody else".into();
    answers.handle(&Message::new(kind, user, &body).expect("plain data")).await.expect("it is passed over");
    assert_eq!(sent(db).await.len(), before, "nobody was asked");
    body["keeper"] = K::NAME.into();
    answers.handle(&Message::new(kind, user, &body).expect("plain data")).await.expect("it is answered");
    let (stream, answer) = sent(db).await.pop().expect("an answer");
    assert_eq!(stream, REPLIES);
    let names = |value: &Value| value.as_object().map(|fields| fields.keys().cloned().collect::<Vec<_>>());
    let (mut said, mut promised) = (names(&answer.body), names(&example(&answer.kind)));
    said.iter_mut().chain(&mut promised).for_each(|names| names.sort());
    assert_eq!(said, promised, "{}", answer.kind);
    answer
}
