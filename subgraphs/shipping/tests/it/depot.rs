//! A dispatch with its carrier on a database of its own.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::TimeDelta;
use kit::messaging::{Message, MessageHandler};
use kit::testing::{TestDb, execute, fresh_db, manual_clock, sent};
use kit::{Clock, Viewer};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use shipping::carrier::{
    Booking, Cancellation, Carrier, CarrierError, Found, IdempotencyKey, Outcome, Pace, Sandbox, Step, Tracking,
};
use shipping::{ShipmentDispatcher, Store, TrackingPoller, attach_loaders, schema};
use tokio::sync::oneshot;
use vocab::OrderId;

/// How fast the sandbox moves its parcels.
pub const PACE: Pace = Pace { dispatch: TimeDelta::hours(1), deliver: TimeDelta::hours(48) };

/// When a parcel is looked at for the first time.
pub const TRACK_EVERY: TimeDelta = TimeDelta::minutes(5);

pub struct Depot {
    pub db: TestDb,
    pub clock: Clock,
    pub carrier: Arc<Unsteady>,
    pub dispatch: Arc<ShipmentDispatcher>,
    pub watch: TrackingPoller,
    pub store: Store,
}

impl Depot {
    pub async fn open() -> Self {
        let db = fresh_db::<migrations::shipping::Migrator>().await;
        let clock = manual_clock();
        let store = Store::new(db.clone(), clock.clone());
        let sandbox = Sandbox::new(db.clone(), clock.clone(), PACE);
        let carrier = Arc::new(Unsteady {
            sandbox,
            looked_up: AtomicUsize::new(0),
            tracked: AtomicUsize::new(0),
            dies_when_tracked: AtomicBool::new(false),
            fault: Mutex::new(None),
            lost: Mutex::default(),
        });
        let line = Arc::clone(&carrier) as Arc<dyn Carrier>;
        let dispatch = Arc::new(ShipmentDispatcher::new(store.clone(), Arc::clone(&line), TRACK_EVERY));
        let watch = TrackingPoller::new(store.clone(), line, TRACK_EVERY);
        Self { db, clock, carrier, dispatch, watch, store }
    }

    /// Follows a command to its end, and gives the replies that were sent since.
    pub async fn follow(&self, command: &Message) -> Vec<Value> {
        let before = sent(&self.db).await.len();
        self.dispatch.handle(command).await.expect("the command is followed");
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

    /// Lets time pass, then looks after the parcels. Gives the kinds of what everybody was told.
    pub async fn look_after(&self, hours: i64) -> Vec<String> {
        self.clock.advance(TimeDelta::hours(hours));
        let before = sent(&self.db).await.len();
        self.watch.poll().await.expect("the parcels are looked after");
        let told = sent(&self.db).await.split_off(before);
        assert!(told.iter().all(|(stream, _)| stream == "shipping.events"), "{told:?}");
        told.into_iter().map(|(_, message)| message.kind).collect()
    }

    /// The states of all shipments, by order.
    pub async fn states(&self) -> Vec<String> {
        self.rows("SELECT order_id || ' ' || state FROM shipment ORDER BY order_id").await
    }

    /// The whole response to a document, as `viewer` gets it.
    pub async fn ask(&self, viewer: &Viewer, document: &str) -> Value {
        let request = attach_loaders(&self.store, async_graphql::Request::new(document), viewer).data(viewer.clone());
        execute(&schema(), request).await
    }

    /// What a statement finds, each row as one text.
    pub async fn rows(&self, text_sql: &str) -> Vec<String> {
        let reader = self.db.reader();
        let statement = Statement::from_string(reader.get_database_backend(), text_sql);
        let rows = reader.query_all_raw(statement).await.expect("the statement runs");
        rows.iter().map(|row| row.try_get_by_index::<String>(0).expect("one text")).collect()
    }

    /// Writes what no code of ours would write.
    pub async fn tamper(&self, text_sql: &str) {
        self.db.raw().execute_unprepared(text_sql).await.expect("the statement runs");
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
    /// The carrier itself, past the line.
    pub sandbox: Sandbox,
    /// How often it was asked what it has.
    pub looked_up: AtomicUsize,
    /// How often it was asked where a parcel is.
    pub tracked: AtomicUsize,
    dies_when_tracked: AtomicBool,
    fault: Mutex<Option<(Step, Fault)>>,
    lost: Mutex<Vec<String>>,
}

pub enum Fault {
    /// What we asked for never reached the carrier.
    Unreached,
    /// The parcel was booked, and the answer was lost.
    AnswerLost,
    /// The parcel was booked, and our process died before it could write that down.
    WeDie,
    /// The parcel was booked, and our process stood still before it read the answer.
    Pause(Pause),
}

/// The carrier's side of a pause: tells when it is reached, and waits to be let go.
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

    /// The next call of this step stands still between the carrier's answer and us, once.
    pub fn pause_once(&self, step: Step) -> Paused {
        let ((reach, reached), (resume, resumed)) = (oneshot::channel(), oneshot::channel());
        self.fail_once(step, Fault::Pause(Pause { reached: reach, resume: resumed }));
        Paused { reached, resume }
    }

    /// Whoever asks next where a parcel is dies of it, once.
    pub fn die_when_tracked(&self) {
        self.dies_when_tracked.store(true, Ordering::Relaxed);
    }

    /// From now on the carrier says nothing of this parcel.
    pub fn lose(&self, tracking_number: &str) {
        self.lost.lock().expect("not poisoned").push(tracking_number.to_owned());
    }

    fn due(&self, step: Step) -> Option<Fault> {
        let mut fault = self.fault.lock().expect("not poisoned");
        fault.take_if(|(at, _)| *at == step).map(|(_, fault)| fault)
    }

    async fn call<T>(
        &self,
        step: Step,
        answer: impl Future<Output = Result<T, CarrierError>>,
    ) -> Result<T, CarrierError> {
        let broken = || CarrierError::NoAnswer(kit::Transient::new(anyhow::anyhow!("the line broke")));
        let fault = self.due(step);
        if matches!(fault, Some(Fault::Unreached)) {
            return Err(broken());
        }
        let answer = answer.await?;
        match fault {
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
impl Carrier for Unsteady {
    async fn find(&self, order_id: &OrderId) -> Result<Option<Found>, CarrierError> {
        self.looked_up.fetch_add(1, Ordering::Relaxed);
        self.sandbox.find(order_id).await
    }

    async fn book(&self, key: &IdempotencyKey, booking: &Booking) -> Result<Outcome, CarrierError> {
        self.call(Step::Book, self.sandbox.book(key, booking)).await
    }

    async fn cancel(&self, key: &IdempotencyKey, tracking_number: &str) -> Result<Cancellation, CarrierError> {
        self.call(Step::Cancel, self.sandbox.cancel(key, tracking_number)).await
    }

    async fn track(&self, tracking_number: &str) -> Result<Tracking, CarrierError> {
        self.tracked.fetch_add(1, Ordering::Relaxed);
        assert!(!self.dies_when_tracked.swap(false, Ordering::Relaxed), "we die here");
        if self.lost.lock().expect("not poisoned").iter().any(|lost| lost == tracking_number) {
            return Err(CarrierError::UnknownParcel(tracking_number.to_owned()));
        }
        self.sandbox.track(tracking_number).await
    }
}
