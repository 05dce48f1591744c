//! Reservations as rows.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use kit::db::Among;
use kit::{Failure, Result, Txn};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set, TryInsertResult};

use super::Store;
use crate::reservation::{Reason, Reservation, State};

pub(super) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "reservation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: String,
        /// Null when a release came before the order's first word.
        pub owner: Option<String>,
        pub state: String,
        #[sea_orm(column_type = "Text")]
        pub shortages: String,
        pub expires_at: Option<DateTimeUtc>,
        pub reason: Option<String>,
        /// When it came to an end from which only a late payment leads on; null while it is held, and for ever once its
        /// units are sold.
        pub ended_at: Option<DateTimeUtc>,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The condition as the index `reservation_expiring` has it. A plan for any parameter could not use that index.
const HELD: &str = "state = 'HELD'";

impl TryFrom<row::Model> for Reservation {
    type Error = Failure;

    fn try_from(row: row::Model) -> Result<Self> {
        Ok(Self {
            state: State::stored(&row.state)?,
            shortages: serde_json::from_str(&row.shortages)?,
            reason: row.reason.as_deref().map(Reason::stored).transpose()?,
            order: row.order_id,
            owner: row.owner,
            expires_at: row.expires_at,
        })
    }
}

fn active(reservation: &Reservation, now: DateTime<Utc>) -> Result<row::ActiveModel> {
    Ok(row::ActiveModel {
        order_id: Set(reservation.order.clone()),
        owner: Set(reservation.owner.clone()),
        state: Set(reservation.state.as_str().to_owned()),
        shortages: Set(serde_json::to_string(&reservation.shortages)?),
        expires_at: Set(reservation.expires_at),
        reason: Set(reservation.reason.map(|reason| reason.as_str().to_owned())),
        ended_at: Set(reservation.state.is_over().then_some(now)),
    })
}

/// The reservations of these orders, made if need be, and nobody else's until this transaction ends. In the order of their
/// ids, so that two who want some of the same do not wait for each other.
pub(super) async fn begin(txn: &Txn, orders: &BTreeSet<&str>, now: DateTime<Utc>) -> Result<Vec<Reservation>> {
    let new: Vec<Reservation> = orders.iter().map(|order| Reservation::new(*order)).collect();
    if new.is_empty() {
        return Ok(new);
    }
    let inserted = row::Entity::insert_many(new.iter().map(|one| active(one, now)).collect::<Result<Vec<_>>>()?)
        .on_conflict(OnConflict::column(row::Column::OrderId).do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(&**txn)
        .await?;
    match inserted {
        TryInsertResult::Inserted(rows) if rows == new.len() as u64 => Ok(new),
        _ => lock(txn, orders).await,
    }
}

/// The reservations that there are of these orders, in the same way.
pub(super) async fn lock(txn: &Txn, orders: &BTreeSet<&str>) -> Result<Vec<Reservation>> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let rows = row::Entity::find()
        .filter(row::Column::OrderId.among(orders.iter().copied()))
        .order_by_asc(row::Column::OrderId)
        .lock_exclusive()
        .all(&**txn)
        .await?;
    rows.into_iter().map(Reservation::try_from).collect()
}

/// Writes what has become of reservations.
pub(super) async fn keep(
    txn: &Txn,
    reservations: impl Iterator<Item = &Reservation>,
    now: DateTime<Utc>,
) -> Result<()> {
    let rows = reservations.map(|one| active(one, now)).collect::<Result<Vec<_>>>()?;
    if rows.is_empty() {
        return Ok(());
    }
    let (owner, expires_at, ended_at) = (row::Column::Owner, row::Column::ExpiresAt, row::Column::EndedAt);
    let change = OnConflict::column(row::Column::OrderId)
        .update_columns([owner, row::Column::State, row::Column::Shortages, expires_at, row::Column::Reason, ended_at])
        .to_owned();
    row::Entity::insert_many(rows).on_conflict(change).exec_without_returning(&**txn).await?;
    Ok(())
}

impl Store {
    /// Orders whose promises have run out, those that wait longest first.
    pub(super) async fn expired(&self, most: u64) -> Result<Vec<String>> {
        let orders = row::Entity::find()
            .select_only()
            .column(row::Column::OrderId)
            .filter(Expr::cust(HELD))
            .filter(row::Column::ExpiresAt.lte(self.clock.now()))
            .order_by_asc(row::Column::ExpiresAt)
            .limit(most)
            .into_tuple()
            .all(self.db.reader())
            .await?;
        Ok(orders)
    }
}
