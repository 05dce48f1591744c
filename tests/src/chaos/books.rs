//! Every book of the shop, read side by side: its own, the gateway's and the carrier's.

mod open;

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, QueryResult, Statement};
use serde_json::Value;

use super::buyer::Told;
use crate::Premises;

/// The subgraphs' databases, to read.
pub struct Books {
    databases: BTreeMap<&'static str, DatabaseConnection>,
}

const SUBGRAPHS: [&str; 8] = ["users", "catalog", "inventory", "search", "orders", "payments", "reviews", "shipping"];

impl Books {
    pub async fn open(premises: &Premises) -> Self {
        let mut databases = BTreeMap::new();
        for role in SUBGRAPHS {
            let (url, schema) = premises.database_of(role);
            let mut options = ConnectOptions::new(url);
            options.max_connections(1).sqlx_logging(false).set_schema_search_path(schema);
            databases.insert(role, Database::connect(options).await.expect("the shop's database opens"));
        }
        Self { databases }
    }

    async fn rows(&self, role: &str, sql: &str) -> Vec<Value> {
        let database = &self.databases[role];
        let statement = Statement::from_string(database.get_database_backend(), sql);
        let rows = database.query_all_raw(statement).await.unwrap_or_else(|cause| panic!("{role}: {sql}: {cause}"));
        rows.iter()
            .map(|row| row.column_names().into_iter().map(|name| (name.clone(), cell(row, &name))).collect())
            .collect()
    }

    async fn count(&self, role: &str, from: &str) -> i64 {
        let rows = self.rows(role, &format!("SELECT COUNT(*) AS n FROM {from}")).await;
        rows[0]["n"].as_i64().expect("a count")
    }

    /// Takes the sandbox's charges out of its reach, so that it answers nothing.
    pub async fn close_gateway(&self) {
        self.execute("payments", "ALTER TABLE sandbox_charge RENAME TO sandbox_charge_away").await;
    }

    pub async fn open_gateway(&self) {
        self.execute("payments", "ALTER TABLE sandbox_charge_away RENAME TO sandbox_charge").await;
    }

    /// How many payments were captured.
    pub async fn paid(&self) -> i64 {
        self.count("payments", "money_entry WHERE account = 'captured' AND minor > 0").await
    }

    async fn execute(&self, role: &str, sql: &str) {
        let done = self.databases[role].execute_unprepared(sql).await;
        done.unwrap_or_else(|cause| panic!("{role}: {sql}: {cause}"));
    }

    /// How many orders there are in each state of life.
    pub async fn orders(&self) -> BTreeMap<String, i64> {
        let rows = self.rows("orders", "SELECT lifecycle, COUNT(*) AS n FROM orders GROUP BY lifecycle").await;
        rows.iter().map(|row| (text(row, "lifecycle"), number(row, "n"))).collect()
    }

    /// Every rule that does not hold, once all has settled.
    pub async fn violations(&self, told: &[Told]) -> Vec<String> {
        let mut violations = self.money().await;
        violations.extend(self.units().await);
        violations.extend(self.parcels().await);
        violations.extend(self.promises(told).await);
        violations.extend(self.lives().await);
        violations
    }

    /// One charge for each order at the gateway, and what it holds is what was confirmed; our ledger says the same.
    async fn money(&self) -> Vec<String> {
        let mut violations = Vec::new();
        let charges = "SELECT reference, COUNT(*) AS charges, SUM(CASE WHEN captured_minor > 0 THEN 1 ELSE 0 END) AS captures, \
             CAST(SUM(captured_minor - refunded_minor) AS bigint) AS held, \
             SUM(CASE WHEN state = 'AUTHORIZED' THEN 1 ELSE 0 END) AS open FROM sandbox_charge GROUP BY reference";
        let gateway: BTreeMap<String, Value> =
            self.rows("payments", charges).await.into_iter().map(|row| (text(&row, "reference"), row)).collect();
        let ledger = "SELECT order_id, CAST(SUM(CASE WHEN account IN ('captured', 'refunded') THEN minor ELSE 0 END) AS bigint) AS held, \
             CAST(SUM(minor) AS bigint) AS balance FROM money_entry GROUP BY order_id";
        let ledger: BTreeMap<String, Value> =
            self.rows("payments", ledger).await.into_iter().map(|row| (text(&row, "order_id"), row)).collect();
        let orders = self.rows("orders", "SELECT id, lifecycle, total_minor FROM orders").await;
        let known: BTreeSet<String> = orders.iter().map(|order| text(order, "id")).collect();
        for order in &orders {
            let (id, stands) = (text(order, "id"), stands(order));
            let owed = if stands { number(order, "total_minor") } else { 0 };
            let at_gateway = gateway.get(&id);
            let (captures, held) =
                at_gateway.map_or((0, 0), |charge| (number(charge, "captures"), number(charge, "held")));
            let booked = ledger.get(&id).map_or(0, |entry| number(entry, "held"));
            let balance = ledger.get(&id).map_or(0, |entry| number(entry, "balance"));
            if at_gateway.is_some_and(|charge| number(charge, "charges") > 1) || captures > 1 {
                violations.push(format!("{id} is charged more than once at the gateway"));
            }
            if held != owed || booked != owed {
                violations.push(format!("{id} owes {owed}, the gateway holds {held}, our ledger {booked}"));
            }
            if balance != 0 {
                violations.push(format!("the ledger of {id} sums to {balance}"));
            }
            if at_gateway.is_some_and(|charge| number(charge, "open") > 0) {
                violations.push(format!("{id} has an authorization that nobody let go"));
            }
        }
        for stranger in gateway.keys().filter(|id| !known.contains(*id)) {
            violations.push(format!("{stranger} is charged and no order"));
        }
        violations
    }

    /// What came is free, promised or sold; what is sold is what was confirmed; never below zero.
    async fn units(&self) -> Vec<String> {
        let sold = "SELECT line.variant_id AS variant_id, CAST(SUM(line.quantity) AS bigint) AS sold FROM order_line line \
             JOIN orders o ON o.id = line.order_id WHERE o.lifecycle IN ('CONFIRMED', 'COMPLETED') GROUP BY line.variant_id";
        let sold: BTreeMap<String, i64> =
            self.rows("orders", sold).await.iter().map(|row| (text(row, "variant_id"), number(row, "sold"))).collect();
        let levels = "SELECT variant_id, CAST(SUM(received) AS bigint) AS received, CAST(SUM(on_hand) AS bigint) AS on_hand, \
             CAST(SUM(reserved) AS bigint) AS reserved, CAST(MIN(on_hand - reserved) AS bigint) AS least \
             FROM stock_level GROUP BY variant_id";
        let mut violations = Vec::new();
        for level in self.rows("inventory", levels).await {
            let id = text(&level, "variant_id");
            let (received, on_hand) = (number(&level, "received"), number(&level, "on_hand"));
            let (reserved, sold) = (number(&level, "reserved"), sold.get(&id).copied().unwrap_or(0));
            if received != on_hand + sold || reserved != 0 || number(&level, "least") < 0 {
                violations
                    .push(format!("{id}: received {received}, on hand {on_hand}, reserved {reserved}, sold {sold}"));
            }
        }
        violations
    }

    /// One live parcel for each order that stands, none for any other.
    async fn parcels(&self) -> Vec<String> {
        let live = "SELECT reference, COUNT(*) AS n FROM sandbox_booking WHERE state <> 'CANCELLED' GROUP BY reference";
        let live: BTreeMap<String, i64> =
            self.rows("shipping", live).await.iter().map(|row| (text(row, "reference"), number(row, "n"))).collect();
        let orders = self.rows("orders", "SELECT id, lifecycle FROM orders").await;
        let parcels = |order: &Value| live.get(&text(order, "id")).copied().unwrap_or(0);
        orders
            .iter()
            .filter(|order| parcels(order) != i64::from(stands(order)))
            .map(|order| {
                format!("{} is {} and has {} parcels", text(order, "id"), text(order, "lifecycle"), parcels(order))
            })
            .collect()
    }

    /// Everything that a client saw acknowledged is there, at the total that was agreed.
    async fn promises(&self, told: &[Told]) -> Vec<String> {
        let kept =
            "SELECT c.id AS checkout, o.total_minor AS total_minor FROM checkout c JOIN orders o ON o.id = c.order_id";
        let kept: BTreeMap<String, i64> = self
            .rows("orders", kept)
            .await
            .iter()
            .map(|row| (text(row, "checkout"), number(row, "total_minor")))
            .collect();
        told.iter()
            .filter(|told| kept.get(&told.checkout) != Some(&told.total_minor))
            .map(|told| format!("{told:?} was acknowledged, kept is {:?}", kept.get(&told.checkout)))
            .collect()
    }

    /// A life goes forward: placed first, confirmed at most once, and nothing but cleaning up after the end.
    async fn lives(&self) -> Vec<String> {
        let mut logs: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in self.rows("orders", "SELECT order_id, kind FROM order_event ORDER BY order_id, seq").await {
            logs.entry(text(&row, "order_id")).or_default().push(text(&row, "kind"));
        }
        let mut violations = Vec::new();
        for (order, log) in logs {
            let times = |kind: &str| log.iter().filter(|one| *one == kind).count();
            let at = |kind: &str| log.iter().position(|one| one == kind);
            let placed_first = at("placed") == Some(0) && times("placed") == 1;
            let ends = times("cancelled") + times("completed");
            let confirmed_in_time =
                at("confirmed").is_none_or(|confirmed| at("cancelled").is_none_or(|end| confirmed < end));
            if !placed_first || times("confirmed") > 1 || ends > 1 || !confirmed_in_time {
                violations.push(format!("the life of {order} went {log:?}"));
            }
        }
        violations
    }
}

/// A column's value, whatever the engine calls its type.
fn cell(row: &QueryResult, name: &str) -> Value {
    let whole = row.try_get::<i64>("", name).or_else(|_| row.try_get::<i32>("", name).map(i64::from));
    match whole {
        Ok(number) => number.into(),
        Err(_) => row.try_get::<Option<String>>("", name).ok().flatten().into(),
    }
}

fn stands(order: &Value) -> bool {
    matches!(order["lifecycle"].as_str(), Some("CONFIRMED" | "COMPLETED"))
}

fn text(row: &Value, column: &str) -> String {
    row[column].as_str().unwrap_or_else(|| panic!("{column} of {row} is no text")).to_owned()
}

fn number(row: &Value, column: &str) -> i64 {
    row[column].as_i64().unwrap_or_else(|| panic!("{column} of {row} is no whole number"))
}
