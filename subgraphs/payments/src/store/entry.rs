//! The books.

use kit::{Result, Txn};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use vocab::OrderId;

use super::Store;
use crate::ledger::{Account, Posted};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "money_entry")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub event: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub account: String,
        pub minor: i64,
        pub currency: String,
        pub at: DateTimeUtc,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Store {
    /// Writes events down. An order's event happens once: the books refuse to hold it twice.
    pub(crate) async fn post(&self, txn: &Txn, events: &[Posted]) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let at = self.clock.now();
        let rows = events.iter().flat_map(|Posted { order_id, posting, amount }| {
            posting.entries(*amount).map(|(account, minor)| row::ActiveModel {
                order_id: Set(order_id.to_string()),
                event: Set(posting.event.to_owned()),
                account: Set(account.as_str().to_owned()),
                minor: Set(minor),
                currency: Set(amount.currency.to_string()),
                at: Set(at),
            })
        });
        row::Entity::insert_many(rows).exec_without_returning(&**txn).await?;
        Ok(())
    }

    /// Whether any of an order's money was given back past the gateway.
    pub(crate) async fn is_settled(&self, order_id: &OrderId) -> Result<bool> {
        let settled = row::Entity::find()
            .filter(row::Column::OrderId.eq(order_id.as_str()))
            .filter(row::Column::Account.eq(Account::Settled.as_str()))
            .one(self.db.reader())
            .await?;
        Ok(settled.is_some())
    }
}
