//! A till with its gateway on a database of its own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use kit::messaging::{Message, MessageHandler};
use kit::testing::{TestDb, execute, fresh_db, manual_clock, sent};
use kit::{Clock, Viewer};
use payments::gateway::{
    Authorization, Charge, Found, Gateway, GatewayBalance, GatewayError, IdempotencyKey, Outcome, Sandbox, Step,
};
use payments::{Audit, OrderEvents, PaymentProcessor, Store, attach_loaders, schema};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use vocab::{Money, OrderId};

/// How long an order may wait for its counterpart.
pub const SETTLING: TimeDelta = TimeDelta::seconds(60);

pub struct Shop {
    pub db: TestDb,
    pub clock: Clock,
    pub gateway: Arc<Unsteady>,
    pub till: Arc<PaymentProcessor>,
    pub orders: OrderEvents,
    pub audit: Audit,
}

impl Shop {
    pub async fn open() -> Self {
        let db = fresh_db::<migrations::payments::Migrator>().await;
        let clock = manual_clock();
        let store = Store::new(db.clone(), clock.clone());
        let sandbox = Sandbox::new(db.clone(), clock.clone());
        let gateway = Arc::new(Unsteady {
            sandbox,
            looked_up: AtomicUsize::new(0),
            booked: AtomicUsize::new(0),
            fault: Mutex::new(None),
        });
        let line = Arc::clone(&gateway) as Arc<dyn Gateway>;
        let till = Arc::new(PaymentProcessor::new(store.clone(), Arc::clone(&line)));
        let audit = Audit::new(store.clone(), line, SETTLING);
        Self { db, clock, gateway, till, orders: OrderEvents(store), audit }
    }

    /// The same shop, in which an order may wait for its counterpart for so long.
    pub fn settling_for(self, settling: TimeDelta) -> Self {
        let line = Arc::clone(&self.gateway) as Arc<dyn Gateway>;
        let store = Store::new(self.db.clone(), self.clock.clone());
        Self { audit: Audit::new(store, line, settling), ..self }
    }

    /// Follows a command to its end, and gives the replies that were sent since.
    pub async fn follow(&self, command: &Message) -> Vec<Value> {
        let before = sent(&self.db).await.len();
        self.till.handle(command).await.expect("the command is followed");
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

    /// Tells payments what became of an order.
    pub async fn hear(&self, event: &Message) {
        self.orders.handle(event).await.expect("the event is heard");
    }

    /// Lets the time pass after which everything must add up.
    pub fn settle(&self) {
        self.clock.advance(SETTLING);
    }

    /// Writes what no code of ours would write.
    pub async fn tamper(&self, text_sql: &str) {
        self.db.raw().execute_unprepared(text_sql).await.expect("the statement runs");
    }

    /// The whole response to a document, as `viewer` gets it.
    pub async fn ask(&self, viewer: &Viewer, document: &str) -> Value {
        let request = attach_loaders(&self.audit, async_graphql::Request::new(document), viewer).data(viewer.clone());
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

pub fn confirmed(order: &str) -> Message {
    let body = json!({
        "orderId": order,
        "number": "M-1",
        "owner": "user:user_ada",
        "lines": [],
        "total": { "minor": 4995, "currency": "USD" },
    });
    command("order.confirmed", order, &body)
}

pub fn cancelled(order: &str) -> Message {
    command("order.cancelled", order, &json!({ "orderId": order, "reason": "requested" }))
}

fn command(step: &str, order: &str, body: &Value) -> Message {
    Message::new(&format!("{step}.v1"), order, body).expect("plain data").with_derived_id(&[order, step])
}

/// The sandbox, on a line that can break after it has done what it was asked.
pub struct Unsteady {
    /// The gateway itself, as its dashboard reaches it.
    pub sandbox: Sandbox,
    /// How often it was asked what it has.
    pub looked_up: AtomicUsize,
    /// Of how many orders it has opened its books.
    pub booked: AtomicUsize,
    fault: Mutex<Option<(Step, Fault)>>,
}

pub enum Fault {
    /// What we asked for never reached the gateway.
    Unreached,
    /// The money moved, and the answer was lost.
    AnswerLost,
    /// The money moved, and our process died before it could write that down.
    WeDie,
    /// The money moved, and our process stood still before it read the answer.
    Pause(Pause),
}

/// The gateway's side of a pause: tells when it is reached, and waits to be let go.
pub struct Pause {
    reached: oneshot::Sender<()>,
    resume: oneshot::Receiver<()>,
}

/// The test's side of it.
pub struct Paused {
    pub reached: oneshot::Receiver<()>,
    pub resume: oneshot::Sender<()>,
}

impl Unsteady {
    /// The next call of this step goes wrong, once.
    pub fn fail_once(&self, step: Step, fault: Fault) {
        *self.fault.lock().expect("not poisoned") = Some((step, fault));
    }

    /// The next call of this step stands still between the gateway's answer and us, once.
    pub fn pause_once(&self, step: Step) -> Paused {
        let ((reach, reached), (resume, resumed)) = (oneshot::channel(), oneshot::channel());
        self.fail_once(step, Fault::Pause(Pause { reached: reach, resume: resumed }));
        Paused { reached, resume }
    }

    fn due(&self, step: Step, of_kind: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let mut fault = self.fault.lock().expect("not poisoned");
        fault.take_if(|(at, fault)| *at == step && of_kind(fault)).map(|(_, fault)| fault)
    }

    fn told(
        &self,
        books: Result<Option<Vec<GatewayBalance>>, GatewayError>,
    ) -> Result<Option<Vec<GatewayBalance>>, GatewayError> {
        let orders = books.as_ref().ok().and_then(Option::as_ref).map_or(0, Vec::len);
        self.booked.fetch_add(orders, Ordering::Relaxed);
        books
    }

    async fn call<T>(
        &self,
        step: Step,
        answer: impl Future<Output = Result<T, GatewayError>>,
    ) -> Result<T, GatewayError> {
        let broken = || GatewayError::NoAnswer(kit::Transient::new(anyhow::anyhow!("the line broke")));
        if self.due(step, |fault| matches!(fault, Fault::Unreached)).is_some() {
            return Err(broken());
        }
        // What the gateway refuses leaves nothing that could be lost.
        let answer = answer.await?;
        match self.due(step, |_| true) {
            None | Some(Fault::Unreached) => {}
            Some(Fault::AnswerLost) => return Err(broken()),
            Some(Fault::WeDie) => panic!("we die here"),
            Some(Fault::Pause(Pause { reached, resume })) => {
                reached.send(()).expect("the test waits for this");
                resume.await.expect("the test lets us go on");
            }
        }
        Ok(answer)
    }
}

#[async_trait]
impl Gateway for Unsteady {
    async fn find(&self, order_id: &OrderId) -> Result<Option<Found>, GatewayError> {
        self.looked_up.fetch_add(1, Ordering::Relaxed);
        self.sandbox.find(order_id).await
    }

    async fn authorize(&self, key: &IdempotencyKey, ask: &Authorization) -> Result<Outcome<Charge>, GatewayError> {
        self.call(Step::Authorize, self.sandbox.authorize(key, ask)).await
    }

    async fn capture(&self, key: &IdempotencyKey, charge: &str, amount: Money) -> Result<Outcome<()>, GatewayError> {
        self.call(Step::Capture, self.sandbox.capture(key, charge, amount)).await
    }

    async fn void(&self, key: &IdempotencyKey, charge: &str) -> Result<(), GatewayError> {
        self.call(Step::Void, self.sandbox.void(key, charge)).await
    }

    async fn refund(&self, key: &IdempotencyKey, charge: &str, amount: Money) -> Result<(), GatewayError> {
        self.call(Step::Refund, self.sandbox.refund(key, charge, amount)).await
    }

    async fn books(&self, after: &str, most: u64) -> Result<Option<Vec<GatewayBalance>>, GatewayError> {
        self.told(self.sandbox.books(after, most).await)
    }

    async fn books_since(
        &self,
        since: DateTime<Utc>,
        after: &str,
        most: u64,
    ) -> Result<Option<Vec<GatewayBalance>>, GatewayError> {
        self.told(self.sandbox.books_since(since, after, most).await)
    }

    async fn books_of(&self, orders: &[OrderId]) -> Result<Option<Vec<GatewayBalance>>, GatewayError> {
        self.told(self.sandbox.books_of(orders).await)
    }

    async fn booked(&self, order_id: &OrderId) -> Result<Option<GatewayBalance>, GatewayError> {
        self.sandbox.booked(order_id).await
    }
}
