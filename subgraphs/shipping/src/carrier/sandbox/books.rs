//! The sandbox's own tables.

use chrono::{DateTime, Utc};
use kit::Txn;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, Set};

use crate::carrier::{Booking, Cancellation};

const BOOKED: &str = "BOOKED";
const CANCELLED: &str = "CANCELLED";

pub mod booking_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sandbox_booking")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tracking_number: String,
        pub reference: String,
        pub state: String,
        pub country: String,
        pub weight_grams: i64,
        pub created_at: DateTimeUtc,
        /// When it was called back from its way.
        pub recalled_at: Option<DateTimeUtc>,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod call_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sandbox_call")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub fingerprint: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub answer: Option<String>,
        pub created_at: DateTimeUtc,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Notes a call and its answer under its key. False when the key is taken since after `forgotten`; whoever took it has then
/// committed.
pub async fn note_call(
    txn: &Txn,
    key: &str,
    fingerprint: &str,
    answer: &str,
    now: DateTime<Utc>,
    forgotten: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let row = call_row::ActiveModel {
        key: Set(key.to_owned()),
        fingerprint: Set(fingerprint.to_owned()),
        answer: Set(Some(answer.to_owned())),
        created_at: Set(now),
    };
    let anew = OnConflict::column(call_row::Column::Key)
        .update_columns([call_row::Column::Fingerprint, call_row::Column::Answer, call_row::Column::CreatedAt])
        .action_and_where(Expr::col((call_row::Entity, call_row::Column::CreatedAt)).lte(forgotten))
        .to_owned();
    Ok(call_row::Entity::insert(row).on_conflict(anew).exec_without_returning(&**txn).await? > 0)
}

pub async fn call(txn: &Txn, key: &str) -> Result<call_row::Model, DbErr> {
    let found = call_row::Entity::find_by_id(key).one(&**txn).await?;
    found.ok_or_else(|| DbErr::RecordNotFound(format!("the call {key}")))
}

/// The answer turned out to be another.
pub async fn change_answer(txn: &Txn, key: &str, answer: &str) -> Result<(), DbErr> {
    call_row::Entity::update_many()
        .col_expr(call_row::Column::Answer, Expr::value(answer))
        .filter(call_row::Column::Key.eq(key))
        .exec(&**txn)
        .await
        .map(|_| ())
}

pub async fn add_booking(txn: &Txn, number: &str, booking: &Booking, now: DateTime<Utc>) -> Result<(), DbErr> {
    let row = booking_row::ActiveModel {
        tracking_number: Set(number.to_owned()),
        reference: Set(booking.reference.to_string()),
        state: Set(BOOKED.to_owned()),
        country: Set(booking.address.country.clone()),
        weight_grams: Set(booking.weight_grams),
        created_at: Set(now),
        recalled_at: Set(None),
    };
    booking_row::Entity::insert(row).exec_without_returning(&**txn).await.map(|_| ())
}

/// Cancels a parcel that the carrier does not have yet: one that was booked after `dispatched_since`. False when there is no
/// such parcel.
pub async fn cancel_booking(txn: &Txn, number: &str, dispatched_since: DateTime<Utc>) -> Result<bool, DbErr> {
    let cancelled = booking_row::Entity::update_many()
        .col_expr(booking_row::Column::State, Expr::value(CANCELLED))
        .filter(booking_row::Column::TrackingNumber.eq(number))
        .filter(booking_row::Column::State.eq(BOOKED))
        .filter(booking_row::Column::CreatedAt.gt(dispatched_since))
        .exec(&**txn)
        .await?;
    Ok(cancelled.rows_affected == 1)
}

/// Calls back a parcel that is under way: one that was booked after the first of these moments, and not after the second.
/// False when there is no such parcel.
pub async fn recall_booking(
    txn: &Txn,
    number: &str,
    (undelivered_since, dispatched_since): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let recalled = booking_row::Entity::update_many()
        .col_expr(booking_row::Column::State, Expr::value(CANCELLED))
        .col_expr(booking_row::Column::RecalledAt, Expr::value(now))
        .filter(booking_row::Column::TrackingNumber.eq(number))
        .filter(booking_row::Column::State.eq(BOOKED))
        .filter(booking_row::Column::CreatedAt.gt(undelivered_since))
        .filter(booking_row::Column::CreatedAt.lte(dispatched_since))
        .exec(&**txn)
        .await?;
    Ok(recalled.rows_affected == 1)
}

pub async fn booking(connection: &impl ConnectionTrait, number: &str) -> Result<Option<booking_row::Model>, DbErr> {
    booking_row::Entity::find_by_id(number).one(connection).await
}

/// The first parcel of an order.
pub async fn booking_of(
    connection: &impl ConnectionTrait,
    reference: &str,
) -> Result<Option<booking_row::Model>, DbErr> {
    booking_row::Entity::find()
        .filter(booking_row::Column::Reference.eq(reference))
        .order_by_asc(booking_row::Column::CreatedAt)
        .one(connection)
        .await
}

impl booking_row::Model {
    /// What came of its cancellation; None when it was not cancelled.
    pub fn cancellation(&self) -> Option<Cancellation> {
        let cancelled = if self.recalled_at.is_some() { Cancellation::Recalled } else { Cancellation::Cancelled };
        (self.state == CANCELLED).then_some(cancelled)
    }
}
