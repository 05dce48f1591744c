//! The ledger: every unit that moved, once.

use chrono::{DateTime, Utc};
use kit::{Failure, Result, Txn};
use sea_orm::{ConnectionTrait, EntityTrait, Set, Statement};

use super::{Store, rows_per_statement};
use crate::stock::Share;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "stock_entry")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub seq: i64,
        pub variant_id: String,
        pub location_id: String,
        pub order_id: Option<String>,
        pub kind: String,
        pub units: i64,
        pub at: DateTimeUtc,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

const COLUMNS: usize = 6;

/// How units moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryKind {
    Received,
    Reserved,
    Released,
    Sold,
}

impl EntryKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Received => "RECEIVED",
            Self::Reserved => "RESERVED",
            Self::Released => "RELEASED",
            Self::Sold => "SOLD",
        }
    }
}

pub(super) async fn enter(
    txn: &Txn,
    kind: EntryKind,
    order: Option<&str>,
    shares: &[Share],
    at: DateTime<Utc>,
) -> Result<()> {
    for some in shares.chunks(rows_per_statement(COLUMNS)) {
        let rows = some.iter().map(|share| row::ActiveModel {
            variant_id: Set(share.variant.to_string()),
            location_id: Set(share.location.to_string()),
            order_id: Set(order.map(str::to_owned)),
            kind: Set(kind.as_str().to_owned()),
            units: Set(share.units),
            at: Set(at),
            ..Default::default()
        });
        row::Entity::insert_many(rows).exec_without_returning(&**txn).await?;
    }
    Ok(())
}

/// Every unit, added up from the levels and again from the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conservation {
    pub received: i64,
    pub free: i64,
    pub reserved: i64,
    pub sold: i64,
    /// What the ledger says of the same.
    pub entered_received: i64,
    pub entered_reserved: i64,
    pub entered_sold: i64,
}

impl Conservation {
    /// Whether no unit was lost, and none came from nowhere.
    pub fn holds(&self) -> bool {
        self.received == self.free + self.reserved + self.sold
            && self.received == self.entered_received
            && self.reserved == self.entered_reserved
            && self.sold == self.entered_sold
    }
}

/// One statement, so that it sees one moment on either engine.
const CONSERVATION: &str = "
    SELECT CAST(COALESCE(level.received, 0) AS bigint) AS received,
           CAST(COALESCE(level.on_hand, 0) AS bigint) AS on_hand,
           CAST(COALESCE(level.reserved, 0) AS bigint) AS reserved,
           CAST(COALESCE(ledger.received, 0) AS bigint) AS entered_received,
           CAST(COALESCE(ledger.promised, 0) AS bigint) AS entered_promised,
           CAST(COALESCE(ledger.sold, 0) AS bigint) AS entered_sold
    FROM (SELECT SUM(received) AS received, SUM(on_hand) AS on_hand, SUM(reserved) AS reserved FROM stock_level) level,
         (SELECT SUM(CASE kind WHEN 'RECEIVED' THEN units ELSE 0 END) AS received,
                 SUM(CASE kind WHEN 'RESERVED' THEN units WHEN 'RELEASED' THEN -units ELSE 0 END) AS promised,
                 SUM(CASE kind WHEN 'SOLD' THEN units ELSE 0 END) AS sold
          FROM stock_entry) ledger";

impl Store {
    /// Adds up every unit both ways, as one moment saw it.
    pub async fn conservation(&self) -> Result<Conservation> {
        let reader = self.db.reader();
        let statement = Statement::from_string(reader.get_database_backend(), CONSERVATION);
        let sums = reader.query_one_raw(statement).await?;
        let sums = sums.ok_or_else(|| Failure::fault(anyhow::anyhow!("sums without a row")))?;
        let sum = |name: &str| sums.try_get::<i64>("", name);
        let (received, on_hand, reserved) = (sum("received")?, sum("on_hand")?, sum("reserved")?);
        let entered_sold = sum("entered_sold")?;
        Ok(Conservation {
            received,
            free: on_hand - reserved,
            reserved,
            sold: received - on_hand,
            entered_received: sum("entered_received")?,
            entered_reserved: sum("entered_promised")? - entered_sold,
            entered_sold,
        })
    }
}
