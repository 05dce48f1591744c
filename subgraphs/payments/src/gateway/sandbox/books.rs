//! The sandbox's own tables.

use chrono::{DateTime, Utc};
use kit::Txn;
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, OnConflict, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, IntoActiveModel, QueryFilter, Set};

use super::card::Card;
use crate::gateway::Authorization;

pub const AUTHORIZED: &str = "AUTHORIZED";
pub const CAPTURED: &str = "CAPTURED";
pub const FAILED: &str = "FAILED";
pub const LAPSED: &str = "LAPSED";
pub const REFUNDED: &str = "REFUNDED";
pub const VOIDED: &str = "VOIDED";

pub mod charge_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sandbox_charge")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub reference: String,
        pub state: String,
        pub amount_minor: i64,
        pub currency: String,
        pub captured_minor: i64,
        pub refunded_minor: i64,
        pub brand: Option<String>,
        pub last4: Option<String>,
        pub created_at: DateTimeUtc,
        /// None where an older release has made it.
        pub moved_at: Option<DateTimeUtc>,
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
        #[sea_orm(column_type = "Text")]
        pub request: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub answer: Option<String>,
        pub created_at: DateTimeUtc,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use charge_row::Column;

/// Notes a call and its answer under its key. False when the key is taken since after `forgotten`; whoever took it has then
/// committed.
pub async fn note_call(
    txn: &Txn,
    key: &str,
    request: &str,
    answer: &str,
    now: DateTime<Utc>,
    forgotten: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let row = call_row::ActiveModel {
        key: Set(key.to_owned()),
        request: Set(request.to_owned()),
        answer: Set(Some(answer.to_owned())),
        created_at: Set(now),
    };
    let anew = OnConflict::column(call_row::Column::Key)
        .update_columns([call_row::Column::Request, call_row::Column::Answer, call_row::Column::CreatedAt])
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

/// A charge as an authorization leaves it: held, or failed where no card stands behind it.
pub fn new_charge(ask: &Authorization, card: Option<&Card>, now: DateTime<Utc>) -> charge_row::Model {
    charge_row::Model {
        id: format!("ch_{}", uuid::Uuid::now_v7().simple()),
        reference: ask.reference.to_string(),
        state: if card.is_some() { AUTHORIZED } else { FAILED }.to_owned(),
        amount_minor: ask.amount.minor,
        currency: ask.amount.currency.to_string(),
        captured_minor: 0,
        refunded_minor: 0,
        brand: card.map(|card| card.brand.to_owned()),
        last4: card.map(|card| card.last4.to_owned()),
        created_at: now,
        moved_at: Some(now),
    }
}

pub async fn add_charge(txn: &Txn, charge: charge_row::Model) -> Result<(), DbErr> {
    charge_row::Entity::insert(charge.into_active_model()).exec_without_returning(&**txn).await.map(|_| ())
}

pub async fn charge(txn: &Txn, id: &str) -> Result<Option<charge_row::Model>, DbErr> {
    charge_row::Entity::find_by_id(id).one(&**txn).await
}

/// Moves a charge from one state to another, setting what goes with it, if it `fits`. False when it does not: then
/// nothing changes.
async fn move_charge(
    txn: &Txn,
    id: &str,
    (from, to): (&str, SimpleExpr),
    set: Option<(Column, SimpleExpr)>,
    fits: Condition,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let mut moved = charge_row::Entity::update_many()
        .col_expr(Column::State, to)
        .col_expr(Column::MovedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq(from))
        .filter(fits);
    if let Some((column, value)) = set {
        moved = moved.col_expr(column, value);
    }
    Ok(moved.exec(&**txn).await?.rows_affected == 1)
}

/// Takes what is held since `held_since` at the earliest.
pub async fn capture(
    txn: &Txn,
    id: &str,
    minor: i64,
    held_since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let fits = Condition::all().add(Column::AmountMinor.gte(minor)).add(Column::CreatedAt.gte(held_since));
    let set = Some((Column::CapturedMinor, Expr::value(minor)));
    move_charge(txn, id, (AUTHORIZED, Expr::value(CAPTURED)), set, fits, now).await
}

/// Lets go of what is held.
pub async fn release(txn: &Txn, id: &str, to: &str, now: DateTime<Utc>) -> Result<bool, DbErr> {
    move_charge(txn, id, (AUTHORIZED, Expr::value(to)), None, Condition::all(), now).await
}

/// Gives back some of what was taken, or all of it.
pub async fn refund(txn: &Txn, id: &str, minor: i64, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let refunded = Expr::col(Column::RefundedMinor).add(minor);
    let all_of_it = refunded.clone().eq(Expr::col(Column::CapturedMinor));
    let state = CaseStatement::new().case(all_of_it, REFUNDED).finally(CAPTURED);
    let fits = Condition::all().add(refunded.clone().lte(Expr::col(Column::CapturedMinor)));
    move_charge(txn, id, (CAPTURED, state.into()), Some((Column::RefundedMinor, refunded)), fits, now).await
}
