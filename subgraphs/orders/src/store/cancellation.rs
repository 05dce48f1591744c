//! Cancellations: the rows that the cancelling of orders lives in.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use kit::db::Among;
use kit::{Failure, Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect, Set};
use vocab::OrderId;

use super::{Store, Visible};
use crate::cancellation::Cancellation;
use crate::loaded_order::{LoadedOrder, RowChange};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cancellation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: String,
    #[sea_orm(column_type = "Text")]
    pub reason: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub saga: String,
    pub version: i32,
    /// Null when no answer is waited for.
    pub deadline: Option<DateTimeUtc>,
    pub started_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    fn cancellation(self) -> Result<Cancellation> {
        Ok(Cancellation {
            order_id: OrderId::parse(&self.order_id)?,
            reason: self.reason,
            saga: serde_json::from_str(&self.saga)?,
            version: self.version,
            started_at: self.started_at,
        })
    }
}

impl Store {
    pub(super) async fn cancellations_in_hand(
        txn: &Txn,
        orders: &BTreeSet<&str>,
    ) -> Result<HashMap<OrderId, Cancellation>> {
        let rows = Entity::find().filter(Column::OrderId.among(orders.iter().copied())).all(&**txn).await?;
        rows.into_iter().map(|row| row.cancellation().map(|one| (one.order_id.clone(), one))).collect()
    }

    /// Writes what has become of an order's cancellation. False when somebody else has decided on it meanwhile.
    pub(crate) async fn write_cancellation(txn: &Txn, loaded: &LoadedOrder) -> Result<bool> {
        match (&loaded.cancellation, loaded.pending.cancellation) {
            (Some(begun), RowChange::Begun) => Self::insert_cancellation(txn, begun).await.map(|()| true),
            (Some(decided), RowChange::Changed) => Self::keep_cancellation(txn, decided).await,
            _ => Ok(true),
        }
    }

    async fn insert_cancellation(txn: &Txn, cancellation: &Cancellation) -> Result<()> {
        let row = ActiveModel {
            order_id: Set(cancellation.order_id.to_string()),
            reason: Set(cancellation.reason.clone()),
            saga: Set(serde_json::to_string(&cancellation.saga)?),
            version: Set(cancellation.version),
            deadline: Set(cancellation.saga.deadline()),
            started_at: Set(cancellation.started_at),
        };
        Entity::insert(row).exec_without_returning(&**txn).await?;
        Ok(())
    }

    /// Keeps a decision that was made on this version. False when somebody else has decided meanwhile.
    async fn keep_cancellation(txn: &Txn, cancellation: &Cancellation) -> Result<bool> {
        let kept = Entity::update_many()
            .set(ActiveModel {
                saga: Set(serde_json::to_string(&cancellation.saga)?),
                deadline: Set(cancellation.saga.deadline()),
                version: Set(cancellation.version + 1),
                ..Default::default()
            })
            .filter(Column::OrderId.eq(cancellation.order_id.as_str()))
            .filter(Column::Version.eq(cancellation.version))
            .exec(&**txn)
            .await?;
        Ok(kept.rows_affected == 1)
    }

    /// The orders whose cancellations wait for an answer that is late.
    pub(super) async fn overdue_cancellations(&self, most: u64) -> Result<Vec<String>> {
        let rows = Entity::find()
            .select_only()
            .column(Column::OrderId)
            .filter(Column::Deadline.lte(self.clock.now()))
            .order_by_asc(Column::Deadline)
            .limit(most)
            .into_tuple::<String>();
        Ok(rows.all(self.db.reader()).await?)
    }
}

/// The cancellation of an order that the viewer was given.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CancellationOfOrder(pub OrderId);

impl Loader<CancellationOfOrder> for Visible {
    type Value = Arc<Cancellation>;
    type Error = Failure;

    async fn load(&self, keys: &[CancellationOfOrder]) -> Result<HashMap<CancellationOfOrder, Arc<Cancellation>>> {
        let orders = keys.iter().map(|key| key.0.as_str());
        let rows = Entity::find().filter(Column::OrderId.among(orders)).all(self.store.db.reader()).await?;
        let cancellations = rows.into_iter().map(Model::cancellation);
        cancellations.map(|one| one.map(|one| (CancellationOfOrder(one.order_id.clone()), Arc::new(one)))).collect()
    }
}
