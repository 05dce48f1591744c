//! A till with its gateway on a database of its own.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use kit::message::{Consume, Message};
use kit::testing::{TestDb, execute, fresh_db, manual_clock, sent};
use kit::{Clock, Viewer};
use payments::gateway::{Authorization, Charge, Gateway, GatewayError, IdempotencyKey, Outcome, Sandbox, Step};
use payments::{Store, Till, dress, schema};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use vocab::Money;

pub struct Shop {
    pub db: TestDb,
    pub clock: Clock,
    pub gateway: Arc<Unsteady>,
    pub till: Arc<Till>,
    store: Store,
}

impl Shop {
    pub async fn open() -> Self {
        let db = fresh_db::<migrations::payments::Migrator>().await;
        let clock = manual_clock();
        let store = Store::new(db.clone(), clock.clone());
        let gateway = Arc::new(Unsteady { sandbox: Sandbox::new(db.clone(), clock.clone()), fault: Mutex::new(None) });
        let till = Arc::new(Till::new(store.clone(), Arc::clone(&gateway) as Arc<dyn Gateway>));
        Self { db, clock, gateway, till, store }
    }

    /// Follows a command to its end, and gives the replies that were sent since.
    pub async fn follow(&self, command: &Message) -> Vec<Value> {
        let before = sent(&self.db).await.len();
        self.till.consume(command).await.expect("the command is followed");
        let replies = sent(&self.db).await.split_off(before);
        replies
            .into_iter()
            .map(|(stream, reply)| {
                assert_eq!(stream, "orders.replies");
                json!({ "kind": reply.kind, "body": reply.body })
            })
            .collect()
    }

    /// The kind of the one reply to a command.
    pub async fn kind(&self, command: &Message) -> String {
        let replies = self.follow(command).await;
        assert_eq!(replies.len(), 1, "every command has one reply: {replies:?}");
        replies[0]["kind"].as_str().expect("a kind").to_owned()
    }

    /// The whole response to a document, as `viewer` gets it.
    pub async fn ask(&self, viewer: &Viewer, document: &str) -> Value {
        let request = dress(&self.store, async_graphql::Request::new(document), viewer).data(viewer.clone());
        execute(&schema(), request).await
    }

    /// What a statement finds, each row as one text.
    pub async fn rows(&self, text_sql: &str) -> Vec<String> {
        let reader = self.db.reader();
        let statement = Statement::from_string(reader.get_database_backend(), text_sql);
        let rows = reader.query_all_raw(statement).await.expect("the statement runs");
        rows.iter().map(|row| row.try_get_by_index::<String>(0).expect("one text")).collect()
    }

    /// The charges on the gateway's own books that ever held money.
    pub async fn charges(&self) -> Vec<String> {
        self.rows(
            "SELECT reference || ' ' || state || ' ' || captured_minor || ' ' || refunded_minor FROM sandbox_charge \
             WHERE state <> 'FAILED' ORDER BY id",
        )
        .await
    }

    /// What stands on each account of ours, where anything does.
    pub async fn balances(&self) -> Vec<String> {
        self.rows(
            "SELECT account || ' ' || SUM(minor) FROM money_entry GROUP BY account HAVING SUM(minor) <> 0 \
             ORDER BY account",
        )
        .await
    }
}

pub fn authorize(order: &str, token: &str) -> Message {
    let body = json!({
        "orderId": order,
        "owner": "user:user_ada",
        "amount": { "minor": 4995, "currency": "USD" },
        "paymentMethodToken": token,
    });
    command("payment.authorize", order, &body)
}

pub fn capture(order: &str) -> Message {
    command("payment.capture", order, &json!({ "orderId": order }))
}

pub fn void(order: &str) -> Message {
    command("payment.void", order, &json!({ "orderId": order }))
}

fn command(step: &str, order: &str, body: &Value) -> Message {
    Message::new(&format!("{step}.v1"), order, body).expect("plain data").with_derived_id(&[order, step])
}

/// The sandbox, on a line that can break after it has done what it was asked.
pub struct Unsteady {
    sandbox: Sandbox,
    fault: Mutex<Option<(Step, Fault)>>,
}

#[derive(Clone, Copy)]
pub enum Fault {
    /// The money moved, and the answer was lost.
    AnswerLost,
    /// The money moved, and our process died before it could write that down.
    WeDie,
}

impl Unsteady {
    /// The next call of this step goes wrong, once.
    pub fn fail_once(&self, step: Step, fault: Fault) {
        *self.fault.lock().expect("not poisoned") = Some((step, fault));
    }

    fn break_at(&self, step: Step) -> Result<(), GatewayError> {
        let mut fault = self.fault.lock().expect("not poisoned");
        let Some((at, how)) = *fault else { return Ok(()) };
        if at != step {
            return Ok(());
        }
        *fault = None;
        drop(fault);
        match how {
            Fault::AnswerLost => Err(GatewayError::NoAnswer(anyhow::anyhow!("the line broke"))),
            Fault::WeDie => panic!("we die here"),
        }
    }
}

#[async_trait]
impl Gateway for Unsteady {
    async fn authorize(&self, key: &IdempotencyKey, ask: &Authorization) -> Result<Outcome<Charge>, GatewayError> {
        let answer = self.sandbox.authorize(key, ask).await?;
        self.break_at(Step::Authorize)?;
        Ok(answer)
    }

    async fn capture(&self, key: &IdempotencyKey, charge: &str, amount: Money) -> Result<Outcome<()>, GatewayError> {
        let answer = self.sandbox.capture(key, charge, amount).await?;
        self.break_at(Step::Capture)?;
        Ok(answer)
    }

    async fn void(&self, key: &IdempotencyKey, charge: &str) -> Result<(), GatewayError> {
        self.sandbox.void(key, charge).await?;
        self.break_at(Step::Void)
    }

    async fn refund(&self, key: &IdempotencyKey, charge: &str, amount: Money) -> Result<(), GatewayError> {
        self.sandbox.refund(key, charge, amount).await?;
        self.break_at(Step::Refund)
    }
}
