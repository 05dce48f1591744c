//! Every unit, added up from the levels, again from the ledger, and what is promised a third time from the reservations:
//! every day those that moved since the ledger was last added up, and all of them in an audit.

use std::collections::BTreeSet;

use kit::{Failure, Result};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryResult, Statement, Value};
use vocab::VariantId;

use super::{Store, checkpoint, level};
use crate::location::LocationId;
use crate::stock::Level;

/// Where units are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Units {
    pub received: i64,
    pub free: i64,
    pub reserved: i64,
    pub sold: i64,
}

/// What the books say of all units at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conservation {
    pub received: i64,
    pub free: i64,
    pub reserved: i64,
    pub sold: i64,
    /// How many variants were looked at.
    pub variants: i64,
    /// How many levels do not add up.
    pub wrong: i64,
    /// What does not add up; of the first hundred such levels.
    pub violations: Vec<Violation>,
}

/// Two books that say different things of one variant at one location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub variant: VariantId,
    pub location: LocationId,
    pub what: &'static str,
    /// What the level says.
    pub actual: i64,
    /// What it should say.
    pub expected: i64,
}

impl Conservation {
    /// Whether no unit was lost, and none came from nowhere.
    pub fn holds(&self) -> bool {
        self.wrong == 0 && self.received == self.free + self.reserved + self.sold
    }

    /// The levels that are named as wrong.
    pub(super) fn levels(&self) -> BTreeSet<(&VariantId, &LocationId)> {
        self.violations.iter().map(|violation| (&violation.variant, &violation.location)).collect()
    }
}

/// The books of each level as `unit`, for an audit: laid on one heap and grouped once, without a join. The ledger's kinds
/// are those of `ledger::EntryKind`.
const ALL_UNITS: &str = "
    WITH entry AS (
        SELECT variant_id, location_id, received, on_hand, reserved,
               0 AS entered_received, 0 AS entered_reserved, 0 AS entered_sold, 0 AS held
        FROM stock_level
        UNION ALL
        SELECT variant_id, location_id, 0, 0, 0,
               CASE kind WHEN 'RECEIVED' THEN units ELSE 0 END,
               CASE kind WHEN 'RESERVED' THEN units WHEN 'RELEASED' THEN -units WHEN 'SOLD' THEN -units ELSE 0 END,
               CASE kind WHEN 'SOLD' THEN units WHEN 'RETURNED' THEN -units ELSE 0 END,
               0
        FROM stock_entry
        UNION ALL
        SELECT reservation_line.variant_id, reservation_line.location_id, 0, 0, 0, 0, 0, 0, reservation_line.quantity
        FROM reservation JOIN reservation_line ON reservation_line.order_id = reservation.order_id
        WHERE reservation.state = 'HELD'
    ), unit AS (
        SELECT variant_id, location_id,
               SUM(received) AS received, SUM(on_hand) AS on_hand, SUM(reserved) AS reserved,
               SUM(entered_received) AS entered_received, SUM(entered_reserved) AS entered_reserved,
               SUM(entered_sold) AS entered_sold, SUM(held) AS held
        FROM entry
        GROUP BY variant_id, location_id
    ), total AS (
        SELECT SUM(received) AS received, SUM(on_hand) AS on_hand, SUM(reserved) AS reserved,
               (SELECT COUNT(*) FROM (SELECT DISTINCT variant_id FROM stock_level) known) AS variants
        FROM stock_level
    )";

/// The books of those levels as `unit` that moved after the checkpoint, hold a promise now, or did not add up before. What
/// stands behind the checkpoint comes from its sums. `$1` is its time and `$2` its step: a checkpoint that has moved on since
/// gives no row.
const MOVED_UNITS: &str = "
    WITH checkpoint AS (
        SELECT received, reserved, sold FROM stock_checkpoint WHERE id = 1 AND step = $2
    ), fresh AS (
        SELECT variant_id, location_id,
               SUM(CASE kind WHEN 'RECEIVED' THEN units ELSE 0 END) AS received,
               SUM(CASE kind WHEN 'RESERVED' THEN units WHEN 'RELEASED' THEN -units WHEN 'SOLD' THEN -units ELSE 0 END)
                   AS reserved,
               SUM(CASE kind WHEN 'SOLD' THEN units WHEN 'RETURNED' THEN -units ELSE 0 END) AS sold
        FROM stock_entry
        WHERE at > $1
        GROUP BY variant_id, location_id
    ), promised AS (
        SELECT reservation_line.variant_id, reservation_line.location_id, SUM(reservation_line.quantity) AS held
        FROM reservation JOIN reservation_line ON reservation_line.order_id = reservation.order_id
        WHERE reservation.state = 'HELD'
        GROUP BY reservation_line.variant_id, reservation_line.location_id
    ), moved AS (
        SELECT variant_id, location_id FROM fresh
        UNION SELECT variant_id, location_id FROM promised
        UNION SELECT variant_id, location_id FROM stock_level_checkpoint WHERE suspect
    ), unit AS (
        SELECT moved.variant_id, moved.location_id,
               COALESCE(stock_level.received, 0) AS received, COALESCE(stock_level.on_hand, 0) AS on_hand,
               COALESCE(stock_level.reserved, 0) AS reserved,
               COALESCE(known.received, 0) + COALESCE(fresh.received, 0) AS entered_received,
               COALESCE(known.reserved, 0) + COALESCE(fresh.reserved, 0) AS entered_reserved,
               COALESCE(known.sold, 0) + COALESCE(fresh.sold, 0) AS entered_sold,
               COALESCE(promised.held, 0) AS held
        FROM moved
        LEFT JOIN stock_level ON stock_level.variant_id = moved.variant_id AND stock_level.location_id = moved.location_id
        LEFT JOIN stock_level_checkpoint known
            ON known.variant_id = moved.variant_id AND known.location_id = moved.location_id
        LEFT JOIN fresh ON fresh.variant_id = moved.variant_id AND fresh.location_id = moved.location_id
        LEFT JOIN promised ON promised.variant_id = moved.variant_id AND promised.location_id = moved.location_id
    ), total AS (
        SELECT checkpoint.received + added.received AS received,
               checkpoint.received - checkpoint.sold + added.received - added.sold AS on_hand,
               checkpoint.reserved + added.reserved AS reserved,
               (SELECT COUNT(*) FROM (SELECT DISTINCT variant_id FROM moved) known) AS variants
        FROM checkpoint,
             (SELECT COALESCE(SUM(received), 0) AS received, COALESCE(SUM(reserved), 0) AS reserved,
                     COALESCE(SUM(sold), 0) AS sold FROM fresh) added
    )";

/// Ends either: only the sums and the levels that do not add up leave the database.
const WRONG: &str = "
    , named AS (
        SELECT unit.*, COUNT(*) OVER () AS wrong
        FROM unit
        WHERE received <> entered_received OR reserved <> entered_reserved OR received - on_hand <> entered_sold
           OR reserved <> held OR reserved < 0 OR on_hand < reserved OR received < on_hand
        ORDER BY variant_id, location_id
        LIMIT 100
    )
    SELECT named.variant_id AS variant_id, named.location_id AS location_id,
           CAST(COALESCE(named.received, 0) AS bigint) AS received,
           CAST(COALESCE(named.on_hand, 0) AS bigint) AS on_hand,
           CAST(COALESCE(named.reserved, 0) AS bigint) AS reserved,
           CAST(COALESCE(named.entered_received, 0) AS bigint) AS entered_received,
           CAST(COALESCE(named.entered_reserved, 0) AS bigint) AS entered_reserved,
           CAST(COALESCE(named.entered_sold, 0) AS bigint) AS entered_sold,
           CAST(COALESCE(named.held, 0) AS bigint) AS held,
           CAST(COALESCE(total.received, 0) AS bigint) AS all_received,
           CAST(COALESCE(total.on_hand, 0) AS bigint) AS all_on_hand,
           CAST(COALESCE(total.reserved, 0) AS bigint) AS all_reserved,
           CAST(total.variants AS bigint) AS variants,
           CAST(COALESCE(named.wrong, 0) AS bigint) AS wrong
    FROM total LEFT JOIN named ON 1 = 1
    ORDER BY named.variant_id, named.location_id";

impl Store {
    /// Adds up what moved since the ledger was last added up, each way, as one moment saw it, and all units from there. Costs
    /// by what moved, and not by how long the ledger is.
    pub async fn conservation(&self) -> Result<Conservation> {
        loop {
            let checkpoint = checkpoint::now(self.db.reader()).await?;
            let values = [checkpoint.through.into(), checkpoint.step.into()];
            if let Some(found) = self.add_up(MOVED_UNITS, values).await? {
                return Ok(found);
            }
        }
    }

    /// Adds up every unit each way from the first entry of the ledger on, as one moment saw it. Believes no checkpoint, and
    /// reads everything.
    pub async fn audit(&self) -> Result<Conservation> {
        let found = self.add_up(ALL_UNITS, []).await?;
        found.ok_or_else(|| Failure::fault(anyhow::anyhow!("sums without a row")))
    }

    /// One statement, so that it sees one moment on either engine. None when there are no sums.
    async fn add_up(&self, units: &str, values: impl IntoIterator<Item = Value>) -> Result<Option<Conservation>> {
        let reader = self.db.reader();
        let sql = format!("{units}{WRONG}");
        let statement = Statement::from_sql_and_values(reader.get_database_backend(), sql, values);
        let rows = reader.query_all_raw(statement).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let all = |name: &str| first.try_get::<i64>("", name);
        let (received, on_hand, reserved) = (all("all_received")?, all("all_on_hand")?, all("all_reserved")?);
        let mut violations = Vec::new();
        for row in &rows {
            violations.extend(violated(row)?);
        }
        Ok(Some(Conservation {
            received,
            free: on_hand - reserved,
            reserved,
            sold: received - on_hand,
            variants: all("variants")?,
            wrong: all("wrong")?,
            violations,
        }))
    }

    /// Where the units of one variant are; None when nothing is known of its stock.
    pub async fn units_of(&self, variant: &VariantId) -> Result<Option<Units>> {
        let theirs = level::row::Column::VariantId.eq(variant.as_str());
        let rows = level::row::Entity::find().filter(theirs).all(self.db.reader()).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut units = Units::default();
        for row in rows {
            let level = Level::try_from(row)?;
            units.received += level.received;
            units.free += level.free();
            units.reserved += level.reserved;
            units.sold += level.received - level.on_hand;
        }
        Ok(Some(units))
    }
}

/// What a row says that does not add up; nothing when it only carries the sums.
fn violated(row: &QueryResult) -> Result<Vec<Violation>> {
    let Some(variant) = row.try_get::<Option<String>>("", "variant_id")? else { return Ok(Vec::new()) };
    let (variant, location) = (VariantId::parse(&variant)?, LocationId::stored(row.try_get("", "location_id")?));
    let number = |name: &str| row.try_get::<i64>("", name);
    let (received, on_hand, reserved) = (number("received")?, number("on_hand")?, number("reserved")?);
    let (free, sold) = (on_hand - reserved, received - on_hand);
    let checks = [
        ("What was received is not what the ledger says.", received, number("entered_received")?),
        ("What is reserved is not what the ledger says.", reserved, number("entered_reserved")?),
        ("What is reserved is not what the live reservations hold.", reserved, number("held")?),
        ("What was sold is not what the ledger says.", sold, number("entered_sold")?),
        ("Fewer than no units are free.", free, free.max(0)),
        ("Fewer than no units are reserved.", reserved, reserved.max(0)),
        ("Fewer than no units were sold.", sold, sold.max(0)),
    ];
    let violation = |(what, actual, expected)| Violation {
        variant: variant.clone(),
        location: location.clone(),
        what,
        actual,
        expected,
    };
    Ok(checks.into_iter().filter(|(_, actual, expected)| actual != expected).map(violation).collect())
}
