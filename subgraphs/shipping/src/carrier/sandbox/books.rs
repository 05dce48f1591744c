//! The sandbox's own tables.

use chrono::{DateTime, Utc};
use kit::Txn;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, Set, TryInsertResult};

use crate::carrier::Booking;

const BOOKED: &str = "BOOKED";
const CANCELLED: &str = "CANCELLED";

mod booking_row {
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

/// Notes a call and its answer under its key. False when the key is taken; whoever took it has then committed.
pub async fn note_call(
    txn: &Txn,
    key: &str,
    fingerprint: &str,
    answer: &str,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let row = call_row::ActiveModel {
        key: Set(key.to_owned()),
        fingerprint: Set(fingerprint.to_owned()),
        answer: Set(Some(answer.to_owned())),
        created_at: Set(now),
    };
    let inserted = call_row::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(&**txn)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(rows) if rows > 0))
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
    };
    booking_row::Entity::insert(row).exec_without_returning(&**txn).await.map(|_| ())
}

/// False when there is no such parcel on the way that was booked after `undelivered_since`.
pub async fn cancel_booking(txn: &Txn, number: &str, undelivered_since: DateTime<Utc>) -> Result<bool, DbErr> {
    let cancelled = booking_row::Entity::update_many()
        .col_expr(booking_row::Column::State, Expr::value(CANCELLED))
        .filter(booking_row::Column::TrackingNumber.eq(number))
        .filter(booking_row::Column::State.eq(BOOKED))
        .filter(booking_row::Column::CreatedAt.gt(undelivered_since))
        .exec(&**txn)
        .await?;
    Ok(cancelled.rows_affected == 1)
}

/// When a parcel was booked. None when it is not on its way.
pub async fn booked_at(connection: &impl ConnectionTrait, number: &str) -> Result<Option<DateTime<Utc>>, DbErr> {
    let found = booking_row::Entity::find_by_id(number).one(connection).await?;
    Ok(found.filter(|booking| booking.state == BOOKED).map(|booking| booking.created_at))
}
