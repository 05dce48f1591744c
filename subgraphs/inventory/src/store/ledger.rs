//! The ledger: every unit that moved, once.

use chrono::{DateTime, Utc};
use kit::{Result, Txn};
use sea_orm::{EntityTrait, Set};

use super::rows_per_statement;
use crate::stock::{Move, Share};

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
    /// Was sold, and is back on its shelf.
    Returned,
}

impl EntryKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Received => "RECEIVED",
            Self::Reserved => "RESERVED",
            Self::Released => "RELEASED",
            Self::Sold => "SOLD",
            Self::Returned => "RETURNED",
        }
    }
}

impl From<Move> for EntryKind {
    fn from(what: Move) -> Self {
        match what {
            Move::Reserve => Self::Reserved,
            Move::Release => Self::Released,
            Move::Sell => Self::Sold,
            Move::Return => Self::Returned,
        }
    }
}

/// Units that moved; for an order, or because they came.
pub(super) struct Entry<'a> {
    pub kind: EntryKind,
    pub order: Option<&'a str>,
    pub share: &'a Share,
}

pub(super) async fn enter(txn: &Txn, entries: &[Entry<'_>], at: DateTime<Utc>) -> Result<()> {
    for some in entries.chunks(rows_per_statement(COLUMNS)) {
        let rows = some.iter().map(|Entry { kind, order, share }| row::ActiveModel {
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
