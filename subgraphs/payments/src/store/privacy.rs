//! What payments keeps on a person, to be handed over or forgotten.
//!
//! The ledger holds orders, amounts and moves, and nobody's name: not a row of it changes. What goes is what is known of
//! the card. The charge stays, or nobody could say what the gateway's own books belong to.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kit::identity::privacy::{Erase, ErasureOutcome, PersonalDataStore};
use kit::{Owner, Result, Txn};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use super::Store;
use super::payment::row::{Column, Entity};
use crate::payment::State;

/// Stands where a card's brand and last digits stood, so that the charge reads back as one.
pub(super) const NO_CARD: &str = "erased";

#[async_trait]
impl PersonalDataStore for Store {
    const NAME: &'static str = "payments";

    async fn export(&self, person: &Owner) -> Result<Value> {
        let rows = Entity::find()
            .filter(Column::Owner.eq(person.as_str()))
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::OrderId)
            .all(self.db.reader())
            .await?;
        let payments = rows.into_iter().map(|row| {
            json!({
                "id": row.id,
                "orderId": row.order_id,
                "state": row.state,
                "amountMinor": row.amount_minor,
                "currency": row.currency,
                "paymentMethodToken": row.token,
                "provider": row.provider,
                "brand": row.brand,
                "last4": row.last4,
                "declined": row.decline_message,
                "createdAt": row.created_at,
            })
        });
        Ok(json!({ "payments": payments.collect::<Value>() }))
    }

    async fn forget(&self, txn: &Txn, person: &Owner, _erase: &Erase) -> Result<ErasureOutcome> {
        // Asking again for an authorization needs its token. Nobody is erased while an order is under way, so there is
        // none, or it is one that nobody waits for.
        let anonymised = Entity::update_many()
            .col_expr(Column::Token, Expr::value(Option::<String>::None))
            .col_expr(Column::Brand, kept_null(Column::Brand))
            .col_expr(Column::Last4, kept_null(Column::Last4))
            .filter(Column::Owner.eq(person.as_str()))
            .filter(Column::State.ne(State::Authorizing.as_str()))
            .filter(Column::Token.is_not_null().or(Column::Brand.ne(NO_CARD)))
            .exec(&**txn)
            .await?;
        Ok(ErasureOutcome::Done(BTreeMap::from([("payments", anonymised.rows_affected)])))
    }
}

/// Nothing where there was nothing.
fn kept_null(column: Column) -> sea_orm::sea_query::SimpleExpr {
    CaseStatement::new().case(column.is_not_null(), NO_CARD).into()
}
