//! A dispatch with its carrier on a database of its own.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use kit::message::{Consume, Message};
use kit::testing::{TestDb, execute, fresh_db, manual_clock, sent};
use kit::{Clock, Viewer};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use shipping::carrier::{Booking, Carrier, CarrierError, IdempotencyKey, Outcome, Sandbox, Step};
use shipping::{Dispatch, Store, dress, schema};

pub struct Depot {
    pub db: TestDb,
    pub clock: Clock,
    pub carrier: Arc<Unsteady>,
    pub dispatch: Arc<Dispatch>,
    pub store: Store,
}

impl Depot {
    pub async fn open() -> Self {
        let db = fresh_db::<migrations::shipping::Migrator>().await;
        let clock = manual_clock();
        let store = Store::new(db.clone(), clock.clone());
        let carrier = Arc::new(Unsteady { sandbox: Sandbox::new(db.clone(), clock.clone()), fault: Mutex::new(None) });
        let dispatch = Arc::new(Dispatch::new(store.clone(), Arc::clone(&carrier) as Arc<dyn Carrier>));
        Self { db, clock, carrier, dispatch, store }
    }

    /// Follows a command to its end, and gives the replies that were sent since.
    pub async fn follow(&self, command: &Message) -> Vec<Value> {
        let before = sent(&self.db).await.len();
        self.dispatch.consume(command).await.expect("the command is followed");
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

    /// The parcels on the carrier's own books.
    pub async fn parcels(&self) -> Vec<String> {
        self.rows("SELECT reference || ' ' || state FROM sandbox_booking ORDER BY reference").await
    }
}

pub fn create(order: &str) -> Message {
    let body = json!({
        "orderId": order,
        "owner": "user:user_ada",
        "method": "standard",
        "address": {
            "name": "Ada Lovelace",
            "line1": "1 Analytical Way",
            "line2": null,
            "city": "Springfield",
            "region": "IL",
            "postalCode": "62701",
            "country": "US",
        },
        "lines": [
            { "orderLineId": "oln_1", "variantId": "var_1", "quantity": 2, "weightGrams": 600 },
            { "orderLineId": "oln_2", "variantId": "var_2", "quantity": 1, "weightGrams": 50 },
        ],
    });
    command("shipment.create", order, &body)
}

pub fn cancel(order: &str) -> Message {
    command("shipment.cancel", order, &json!({ "orderId": order }))
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
    /// The parcel was booked, and the answer was lost.
    AnswerLost,
    /// The parcel was booked, and our process died before it could write that down.
    WeDie,
}

impl Unsteady {
    /// The next call of this step goes wrong, once.
    pub fn fail_once(&self, step: Step, fault: Fault) {
        *self.fault.lock().expect("not poisoned") = Some((step, fault));
    }

    fn break_at(&self, step: Step) -> Result<(), CarrierError> {
        let mut fault = self.fault.lock().expect("not poisoned");
        let Some((at, how)) = *fault else { return Ok(()) };
        if at != step {
            return Ok(());
        }
        *fault = None;
        drop(fault);
        match how {
            Fault::AnswerLost => Err(CarrierError::NoAnswer(anyhow::anyhow!("the line broke"))),
            Fault::WeDie => panic!("we die here"),
        }
    }
}

#[async_trait]
impl Carrier for Unsteady {
    async fn book(&self, key: &IdempotencyKey, booking: &Booking) -> Result<Outcome, CarrierError> {
        let answer = self.sandbox.book(key, booking).await?;
        self.break_at(Step::Book)?;
        Ok(answer)
    }

    async fn cancel(&self, key: &IdempotencyKey, tracking_number: &str) -> Result<(), CarrierError> {
        self.sandbox.cancel(key, tracking_number).await?;
        self.break_at(Step::Cancel)
    }
}
