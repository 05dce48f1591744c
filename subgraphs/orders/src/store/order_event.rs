//! The log of each order. Rows are only ever added.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use kit::graphql::page::Page;
use kit::{Failure, Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder, Set};
use vocab::OrderId;

use super::{Store, Visible};
use crate::loaded_order::LoadedOrder;
use crate::order::{Logged, Order};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i32,
    pub at: DateTimeUtc,
    pub kind: String,
    #[sea_orm(column_type = "Text")]
    pub body: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Store {
    /// Writes what happened to orders.
    pub(crate) async fn log(txn: &Txn, loaded_orders: &[&LoadedOrder]) -> Result<()> {
        let mut rows = Vec::new();
        for (order, one) in
            loaded_orders.iter().flat_map(|loaded| loaded.pending.logged.iter().map(|one| (&loaded.order, one)))
        {
            rows.push(ActiveModel {
                order_id: Set(order.id.to_string()),
                seq: Set(one.seq),
                at: Set(one.at),
                kind: Set(one.event.kind().to_owned()),
                body: Set(serde_json::to_string(&one.event)?),
            });
        }
        if !rows.is_empty() {
            Entity::insert_many(rows).exec_without_returning(&**txn).await?;
        }
        Ok(())
    }
}

impl Visible {
    /// The whole log of an order that the viewer was given.
    pub(crate) async fn log_of(&self, order: &Order) -> Result<Vec<Logged>> {
        let rows = Entity::find()
            .filter(Column::OrderId.eq(order.id.as_str()))
            .order_by_asc(Column::Seq)
            .all(self.store.db.reader())
            .await?;
        let logged = |row: Model| Ok(Logged { seq: row.seq, at: row.at, event: serde_json::from_str(&row.body)? });
        rows.into_iter().map(logged).collect()
    }
}

/// A page of the log of an order that the viewer was given.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct EventsOfOrder {
    pub order_id: OrderId,
    pub page: Page<i32>,
    /// The number of the last event that is told.
    pub up_to: i32,
}

impl EventsOfOrder {
    /// Events are numbered without gaps, so a page is a range of numbers and many orders' pages are one statement.
    fn range(&self) -> Condition {
        let after = self.page.after.unwrap_or(0);
        let most = i32::try_from(self.page.limit()).unwrap_or(i32::MAX);
        Condition::all()
            .add(Column::OrderId.eq(self.order_id.as_str()))
            .add(Column::Seq.gt(after))
            .add(Column::Seq.lte(after.saturating_add(most).min(self.up_to)))
    }
}

impl Loader<EventsOfOrder> for Visible {
    type Value = Vec<Logged>;
    type Error = Failure;

    async fn load(&self, keys: &[EventsOfOrder]) -> Result<HashMap<EventsOfOrder, Vec<Logged>>> {
        let asked = keys.iter().fold(Condition::any(), |asked, key| asked.add(key.range()));
        let rows = Entity::find().filter(asked).order_by_asc(Column::OrderId).order_by_asc(Column::Seq);
        let mut logged: HashMap<String, Vec<Logged>> = HashMap::new();
        for row in rows.all(self.store.db.reader()).await? {
            let event = serde_json::from_str(&row.body)?;
            logged.entry(row.order_id).or_default().push(Logged { seq: row.seq, at: row.at, event });
        }
        let page = |key: &EventsOfOrder| {
            let after = key.page.after.unwrap_or(0);
            let rows = logged.get(key.order_id.as_str()).into_iter().flatten();
            let most = usize::try_from(key.page.limit()).unwrap_or(usize::MAX);
            let told = rows.filter(|one| one.seq > after && one.seq <= key.up_to);
            (key.clone(), told.take(most).cloned().collect())
        };
        Ok(keys.iter().map(page).collect())
    }
}
