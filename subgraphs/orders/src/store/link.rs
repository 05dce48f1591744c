//! Links to orders, as they are kept: by the hash of their ids.

use chrono::TimeDelta;
use kit::{Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{PaginatorTrait, QueryOrder, QuerySelect, Set};
use vocab::OrderId;

use super::idempotency::sha256;
use super::{Store, order};
use crate::order_link::{LinkRequest, TooManyLinks};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub token_hash: String,
    pub order_id: Option<String>,
    pub address: String,
    pub client: Option<String>,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A link that leads to an order, or to none.
pub(crate) struct Link<'a> {
    pub id: &'a str,
    pub order: Option<OrderId>,
    pub expires_at: DateTimeUtc,
}

impl Store {
    /// A guest's order with this number that was made with this address.
    pub(crate) async fn order_for_link(txn: &Txn, asked: &LinkRequest) -> Result<Option<OrderId>> {
        let found = order::Entity::find()
            .filter(order::Column::Number.eq(asked.number.as_str()))
            .filter(order::Column::Email.eq(asked.email.as_str()))
            .filter(order::Column::ConfirmedAt.is_not_null())
            .filter(Expr::cust(order::OF_A_GUEST))
            .one(&**txn)
            .await?;
        Ok(found.map(|row| OrderId::parse(&row.id)).transpose()?)
    }

    /// Keeps a link. It is counted for whoever asked for it, wherever it leads.
    pub(crate) async fn keep_link(&self, txn: &Txn, asked: &LinkRequest, link: &Link<'_>) -> Result<()> {
        let row = ActiveModel {
            token_hash: Set(sha256(link.id)),
            order_id: Set(link.order.as_ref().map(OrderId::to_string)),
            address: Set(sha256(asked.email.as_str())),
            client: Set(asked.client.as_deref().map(sha256)),
            created_at: Set(self.clock.now()),
            expires_at: Set(link.expires_at),
        };
        Entity::insert(row).exec_without_returning(&**txn).await?;
        Ok(())
    }

    /// Whether more links were asked for than may be: for one address, or by one client.
    pub(crate) async fn too_many_links(&self, txn: &Txn, asked: &LinkRequest) -> Result<Option<TooManyLinks>> {
        let per_client = asked.client.as_deref().map(|client| Column::Client.eq(sha256(client)));
        let per_address = Column::Address.eq(sha256(asked.email.as_str()));
        let bounds =
            [(Some(per_address), self.settings.links_per_address), (per_client, self.settings.links_per_client)];
        for (these, most) in bounds {
            let Some(these) = these.filter(|_| most > 0) else { continue };
            if let Some(refused) = self.more_than(txn, these, most).await? {
                return Ok(Some(refused));
            }
        }
        Ok(None)
    }

    async fn more_than(&self, txn: &Txn, these: SimpleExpr, most: u32) -> Result<Option<TooManyLinks>> {
        let window = TimeDelta::seconds(i64::from(self.settings.links_seconds));
        let counted = Entity::find().filter(these).filter(Column::CreatedAt.gt(self.clock.now() - window));
        if counted.clone().count(&**txn).await? < u64::from(most) {
            return Ok(None);
        }
        let first = counted.order_by_asc(Column::CreatedAt).limit(1).one(&**txn).await?;
        let over = first.map_or(self.clock.now(), |row| row.created_at) + window;
        let seconds = (over - self.clock.now()).num_seconds().max(1);
        Ok(Some(TooManyLinks { retry_after_seconds: u32::try_from(seconds).unwrap_or(u32::MAX) }))
    }

    /// Uses a link up, and with it every other to the same order. None when it was used before, is over, led nowhere, or is none of ours.
    pub(crate) async fn take_link(&self, txn: &Txn, id: &str) -> Result<Option<OrderId>> {
        let held = Entity::find_by_id(sha256(id))
            .filter(Column::ExpiresAt.gt(self.clock.now()))
            .filter(Column::OrderId.is_not_null())
            .lock_exclusive()
            .one(&**txn)
            .await?;
        let Some(order) = held.and_then(|row| row.order_id) else { return Ok(None) };
        // With it all other links to the order are void. The rows stay to be counted.
        Entity::update_many()
            .col_expr(Column::OrderId, Expr::value(Option::<String>::None))
            .filter(Column::OrderId.eq(&order))
            .exec(&**txn)
            .await?;
        Ok(Some(OrderId::parse(&order)?))
    }
}
