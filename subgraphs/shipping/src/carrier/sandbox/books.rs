//! The sandbox's own tables.

use chrono::{DateTime, Utc};
use kit::Txn;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, QueryFilter, Set, TryInsertResult};

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

/// Notes a call under its key. False when the key is taken; whoever took it has then committed.
pub async fn note_call(txn: &Txn, key: &str, fingerprint: &str, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let row = call_row::ActiveModel {
        key: Set(key.to_owned()),
        fingerprint: Set(fingerprint.to_owned()),
        answer: Set(None),
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

pub async fn answer_call(txn: &Txn, key: &str, answer: &str) -> Result<(), DbErr> {
    let row =
        call_row::ActiveModel { key: Set(key.to_owned()), answer: Set(Some(answer.to_owned())), ..Default::default() };
    row.update(&**txn).await.map(|_| ())
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

/// False when there is no such parcel on the way.
pub async fn cancel_booking(txn: &Txn, tracking_number: &str) -> Result<bool, DbErr> {
    let cancelled = booking_row::Entity::update_many()
        .col_expr(booking_row::Column::State, Expr::value(CANCELLED))
        .filter(booking_row::Column::TrackingNumber.eq(tracking_number))
        .filter(booking_row::Column::State.eq(BOOKED))
        .exec(&**txn)
        .await?;
    Ok(cancelled.rows_affected == 1)
}
