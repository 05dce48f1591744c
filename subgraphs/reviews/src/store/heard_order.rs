//! Which orders were heard of lately, and whether they were cancelled.
//!
//! Two replicas may handle the news of one order in either order, or at once. Whoever handles some takes the order's row
//! first, so the other waits; and an order that is cancelled stays so, whatever else is heard of it later.

use kit::{Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, QuerySelect};
use vocab::OrderId;

use super::Store;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "heard_order")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    order_id: String,
    cancelled: bool,
    /// When news of it last came.
    heard_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Store {
    /// Takes the order's row until the transaction ends, and says whether the order stands.
    pub(super) async fn stands(&self, txn: &Txn, order: &OrderId) -> Result<bool> {
        self.hear_of(txn, order, false).await?;
        let cancelled = Entity::find_by_id(order.as_str()).select_only().column(Column::Cancelled).into_tuple();
        Ok(cancelled.one(&**txn).await? != Some(true))
    }

    /// Takes the order's row until the transaction ends, and writes down that the order is cancelled.
    pub(super) async fn cancel(&self, txn: &Txn, order: &OrderId) -> Result<()> {
        self.hear_of(txn, order, true).await
    }

    async fn hear_of(&self, txn: &Txn, order: &OrderId, cancelled: bool) -> Result<()> {
        let row = ActiveModel {
            order_id: Set(order.to_string()),
            cancelled: Set(cancelled),
            heard_at: Set(self.clock.now()),
        };
        let again = OnConflict::column(Column::OrderId)
            .update_column(Column::HeardAt)
            .value(Column::Cancelled, Expr::cust("heard_order.cancelled OR excluded.cancelled"))
            .to_owned();
        Entity::insert(row).on_conflict(again).exec_without_returning(&**txn).await?;
        Ok(())
    }
}
