//! Two locations, filled the way a catalogue file fills them.

use std::collections::BTreeMap;

use async_graphql::Request;
use chrono::{DateTime, TimeDelta, Utc};
use inventory::import::{Imported, LocationLine, StockLine};
use inventory::{Commands, InventorySchema, Settings, Store, attach_loaders, schema};
use kit::messaging::{Message, MessageHandler};
use kit::testing::{TestDb, execute, fresh_db, manual_clock, sent};
use kit::{Clock, Viewer};
use serde_json::{Value, json};

pub struct Warehouse {
    pub db: TestDb,
    pub store: Store,
    pub clock: Clock,
    schema: InventorySchema,
}

impl Warehouse {
    /// Locations `north` and `south`, with nothing in them.
    pub async fn empty() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Self {
        let db = fresh_db::<migrations::inventory::Migrator>().await;
        let clock = manual_clock();
        let store = Store::new(db.clone(), clock.clone()).with_settings(settings);
        let warehouse = Self { db, store, clock, schema: schema() };
        let landed = warehouse.locate(json!([location("north", "Northgate"), location("south", "Southgate")])).await;
        assert_eq!(landed.rejected, []);
        warehouse
    }

    pub async fn locate(&self, lines: Value) -> Imported {
        let lines: Vec<LocationLine> = serde_json::from_value(lines).expect("location lines");
        self.store.import_locations(&lines).await.expect("the database works")
    }

    /// Stock of the variant `<product>-1` and so on, at north and south.
    pub async fn stock(&self, variant: &str, units: &[(&str, i64)]) -> Imported {
        let units: BTreeMap<String, i64> = units.iter().map(|&(place, units)| (place.to_owned(), units)).collect();
        let product = variant.split('-').next().unwrap_or(variant).to_owned();
        let line = StockLine { product, variant: variant.to_owned(), units };
        self.store.import_stock(&[line]).await.expect("the database works")
    }

    pub async fn ask(&self, request: impl Into<Request>) -> Value {
        self.ask_as(&Viewer::anonymous(), request).await
    }

    pub async fn ask_as(&self, viewer: &Viewer, request: impl Into<Request>) -> Value {
        execute(&self.schema, attach_loaders(&self.store, request.into(), viewer).data(viewer.clone())).await
    }

    pub fn in_minutes(&self, minutes: i64) -> DateTime<Utc> {
        self.clock.now() + TimeDelta::minutes(minutes)
    }

    pub fn reserve(&self, order: &str, lines: &[(&str, i64)]) -> Message {
        self.reserve_for("user:user_1", order, lines)
    }

    pub fn reserve_for(&self, owner: &str, order: &str, lines: &[(&str, i64)]) -> Message {
        let lines: Vec<Value> = lines
            .iter()
            .map(|(variant, quantity)| json!({"variantId": format!("var_{variant}"), "quantity": quantity}))
            .collect();
        let body = json!({
            "orderId": format!("ord_{order}"),
            "owner": owner,
            "lines": lines,
            "expiresAt": self.in_minutes(30),
        });
        message("stock.reserve", order, body)
    }

    pub fn release(&self, order: &str) -> Message {
        message("stock.release", order, json!({"orderId": format!("ord_{order}")}))
    }

    pub fn settle(&self, order: &str) -> Message {
        message("stock.settle", order, json!({"orderId": format!("ord_{order}")}))
    }

    pub fn put_back(&self, order: &str) -> Message {
        message("stock.return", order, json!({"orderId": format!("ord_{order}")}))
    }

    /// Lets all promises run out that are not kept by now, and tells how many did.
    pub async fn sweep(&self) -> u64 {
        self.store.release_expired().await.expect("the database works")
    }

    /// What others were told of free units, in order.
    pub async fn told(&self) -> Vec<Message> {
        let sent = sent(&self.db).await.into_iter().filter(|(stream, _)| stream == "inventory.events");
        sent.map(|(_, message)| message).collect()
    }

    /// Handles a command and gives the answer to it: what it says, without the version, and its body.
    pub async fn handle(&self, command: &Message) -> (String, Value) {
        Commands::new(self.store.clone()).handle(command).await.expect("handled");
        let (stream, reply) = sent(&self.db).await.pop().expect("an answer");
        assert_eq!(stream, "orders.replies");
        (reply.kind, reply.body)
    }

    /// Received, free, reserved, sold: which must add up, in the levels as in the ledger, every day as in an audit.
    pub async fn units(&self) -> [i64; 4] {
        let units = self.store.audit().await.expect("the database works");
        assert!(units.holds(), "{units:?}");
        let every_day = self.store.conservation().await.expect("the database works");
        assert!(every_day.holds(), "{every_day:?}");
        let sums = |of: &inventory::Conservation| [of.received, of.free, of.reserved, of.sold];
        assert_eq!(sums(&every_day), sums(&units));
        [units.received, units.free, units.reserved, units.sold]
    }
}

pub fn location(id: &str, name: &str) -> Value {
    json!({
        "id": id, "name": name, "latitude": 44.85466, "longitude": -93.24565,
        "address": {"line1": "340 W Market", "city": "Bloomington", "region": "MN", "postalCode": "55425", "country": "US"},
    })
}

fn message(step: &str, order: &str, body: Value) -> Message {
    let message = Message::new(&format!("{step}.v1"), format!("ord_{order}"), &body).expect("a message");
    message.with_derived_id(&[&format!("ord_{order}"), step])
}
