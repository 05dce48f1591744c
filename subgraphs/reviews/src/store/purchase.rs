//! Who bought what, as far as reviews has heard.

use std::collections::{BTreeSet, HashMap};

use async_graphql::dataloader::Loader;
use kit::messaging::Message;
use kit::{Failure, Result};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, QuerySelect};
use vocab::{OrderId, ProductId, UserId};

use super::{CONSUMER, Store};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "purchase")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    user_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) product_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) order_id: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Store {
    pub(crate) async fn hear_of_purchase(
        &self,
        message: &Message,
        user: &UserId,
        order: &OrderId,
        products: BTreeSet<ProductId>,
    ) -> Result<()> {
        let txn = self.begin().await?;
        if txn.first_delivery(CONSUMER, message).await? && self.stands(&txn, order).await? {
            let rows = products.into_iter().map(|product| ActiveModel {
                user_id: Set(user.to_string()),
                product_id: Set(product.to_string()),
                order_id: Set(order.to_string()),
            });
            Entity::insert_many(rows)
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .exec_without_returning(&*txn)
                .await?;
        }
        txn.commit().await?;
        Ok(())
    }

    /// What was not bought after all, whatever is heard of it later.
    pub(crate) async fn hear_of_cancellation(&self, message: &Message, order: &OrderId) -> Result<()> {
        let txn = self.begin().await?;
        if txn.first_delivery(CONSUMER, message).await? {
            self.cancel(&txn, order).await?;
            Entity::delete_many().filter(Column::OrderId.eq(order.as_str())).exec(&*txn).await?;
        }
        txn.commit().await?;
        Ok(())
    }
}

/// Has this user bought this product?
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct IsVerified {
    pub user: UserId,
    pub product: ProductId,
}

impl Loader<IsVerified> for Store {
    type Value = bool;
    type Error = Failure;

    async fn load(&self, keys: &[IsVerified]) -> Result<HashMap<IsVerified, bool>> {
        let pairs = keys.iter().map(|key| (key.user.to_string(), key.product.to_string()));
        let either = Expr::tuple([Expr::col(Column::UserId), Expr::col(Column::ProductId)]).in_tuples(pairs);
        let found: Vec<(String, String)> = Entity::find()
            .select_only()
            .columns([Column::UserId, Column::ProductId])
            .filter(either)
            .distinct()
            .into_tuple()
            .all(self.db.reader())
            .await?;
        let found = found.into_iter().map(|(user, product)| {
            Ok((IsVerified { user: UserId::parse(&user)?, product: ProductId::parse(&product)? }, true))
        });
        found.collect()
    }
}
