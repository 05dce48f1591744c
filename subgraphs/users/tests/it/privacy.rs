//! What somebody may ask of the shop about themselves.

mod erasure;
mod export;

use kit::Viewer;
use kit::identity::privacy::COMMANDS;
use kit::messaging::{Message, MessageHandler};
use kit::testing::sent;
use serde_json::{Value, json};
use users::PrivacyReplies;

use crate::{Users, text};

const KEEPERS: [&str; 4] = ["orders", "payments", "reviews", "shipping"];

/// The example of a message, as its sender has written it down.
fn example(kind: &str) -> Value {
    let path = format!("{}/../../docs/messages/{kind}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{path}: {cause}"));
    serde_json::from_str(&text).expect("an example is JSON")
}

fn names(value: &Value) -> Vec<&String> {
    let mut names: Vec<&String> = value.as_object().expect("an object").keys().collect();
    names.sort();
    names
}

impl Users {
    /// What keepers were asked so far.
    async fn asked(&self) -> Vec<Message> {
        let all = sent(&self.db).await.into_iter();
        all.filter(|(stream, _)| stream == COMMANDS).map(|(_, message)| message).collect()
    }

    /// The last question to a keeper.
    async fn asked_of(&self, keeper: &str) -> Message {
        let asked = self.asked().await;
        let of_it = asked.into_iter().rfind(|message| message.body["keeper"] == keeper);
        of_it.unwrap_or_else(|| panic!("nobody asked {keeper}"))
    }

    /// Hears a keeper's answer: the example of its kind, to this question.
    async fn answered(&self, question: &Message, kind: &str) {
        let mut body = example(kind);
        for name in ["requestId", "keeper", "pass", "userId"] {
            body[name] = question.body[name].clone();
        }
        let message = Message::new(kind, "user", &body).expect("plain data");
        PrivacyReplies(self.desk.privacy.clone()).handle(&message).await.expect("the answer is taken in");
    }

    async fn look(&self) -> usize {
        self.desk.privacy.look().await.expect("the database answers")
    }

    async fn export_of(&self, viewer: &Viewer, id: &str) -> Value {
        const FIND: &str = "query ($id: ID!) {
            dataExport(id: $id) { state url expiresAt parts { keeper receivedAt } document }
        }";
        self.ask(viewer.clone(), FIND, json!({ "id": id })).await["data"]["dataExport"].clone()
    }

    async fn erasure_of(&self, viewer: &Viewer, id: &str) -> Value {
        const FIND: &str = "query ($id: ID!) {
            erasure(id: $id) { state waitingFor { reason count nextLookAt } timeline { kind } }
        }";
        self.ask(viewer.clone(), FIND, json!({ "id": id })).await["data"]["erasure"].clone()
    }

    async fn begin_export(&self, viewer: &Viewer) -> String {
        let begun = self.ask(viewer.clone(), "mutation { userDataExport { dataExport { id } } }", json!({})).await;
        text(&begun, "/data/userDataExport/dataExport/id")
    }

    async fn erase(&self, viewer: &Viewer, input: Value) -> Value {
        const ERASE: &str = "mutation ($input: UserEraseInput!) {
            userErase(input: $input) { erasure { id state } userErrors { code } }
        }";
        self.ask(viewer.clone(), ERASE, json!({ "input": input })).await
    }

    /// The id of an erasure that has begun.
    async fn begin_erasure(&self, viewer: &Viewer, input: Value) -> String {
        text(&self.erase(viewer, input).await, "/data/userErase/erasure/id")
    }
}
