//! Orders and their lines.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use kit::db::Among;
use kit::graphql::page::Page;
use kit::identity::token::email_hash;
use kit::{Failure, Owner, Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{CaseStatement, OnConflict};
use sea_orm::{QueryOrder, QuerySelect, Select, Set, TryInsertResult};
use vocab::{CurrencyCode, Email, Money, OrderId};

use super::{Store, Visible};
use crate::cost::Cost;
use crate::order::{Lifecycle, Order, OrderLine};

pub(super) use ownership::{OF_A_GUEST, guest_s};

mod line;
mod ownership;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "orders")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub number: String,
    pub owner: String,
    pub email: String,
    pub lifecycle: String,
    pub version: i32,
    pub placed_at: DateTimeUtc,
    #[sea_orm(column_type = "Text")]
    pub address: String,
    pub delivery_method: String,
    pub currency: String,
    pub subtotal_minor: i64,
    pub discount_minor: i64,
    pub shipping_minor: i64,
    pub tax_minor: Option<i64>,
    pub total_minor: i64,
    pub owner_version: i32,
    pub email_hash: Option<String>,
    pub confirmed_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    fn order(self, lines: &mut HashMap<String, Vec<line::Model>>) -> Result<Order> {
        let currency = CurrencyCode::stored(&self.currency)?;
        let money = |minor| Money::new(minor, currency);
        let lines = lines.remove(&self.id).unwrap_or_default();
        Ok(Order {
            id: OrderId::parse(&self.id)?,
            number: self.number,
            owner: Owner::stored(self.owner),
            owner_version: self.owner_version,
            email: Email::stored(self.email),
            lifecycle: read_lifecycle(&self.lifecycle)?,
            version: self.version,
            placed_at: self.placed_at,
            confirmed_at: self.confirmed_at,
            address: serde_json::from_str(&self.address)?,
            delivery_method: self.delivery_method,
            cost: Cost {
                subtotal: money(self.subtotal_minor),
                discount: money(self.discount_minor),
                shipping: Some(money(self.shipping_minor)),
                tax: self.tax_minor.map(money),
                total: money(self.total_minor),
            },
            lines: lines.into_iter().map(|row| row.line(currency)).collect::<Result<Vec<OrderLine>>>()?,
        })
    }
}

fn row(order: &Order) -> Result<ActiveModel> {
    let cost = &order.cost;
    Ok(ActiveModel {
        id: Set(order.id.to_string()),
        number: Set(order.number.clone()),
        owner: Set(order.owner.to_string()),
        email: Set(order.email.as_str().to_owned()),
        lifecycle: Set(written(order.lifecycle).to_owned()),
        version: Set(order.version),
        placed_at: Set(order.placed_at),
        address: Set(serde_json::to_string(&order.address)?),
        delivery_method: Set(order.delivery_method.clone()),
        currency: Set(cost.total.currency.to_string()),
        subtotal_minor: Set(cost.subtotal.minor),
        discount_minor: Set(cost.discount.minor),
        shipping_minor: Set(cost.shipping.map_or(0, |money| money.minor)),
        tax_minor: Set(cost.tax.map(|money| money.minor)),
        total_minor: Set(cost.total.minor),
        owner_version: Set(order.owner_version),
        email_hash: Set(Some(email_hash(order.email.as_str()))),
        confirmed_at: Set(order.confirmed_at),
    })
}

pub(super) fn written(lifecycle: Lifecycle) -> &'static str {
    match lifecycle {
        Lifecycle::Placed => "PLACED",
        Lifecycle::Confirmed => "CONFIRMED",
        Lifecycle::Completed => "COMPLETED",
        Lifecycle::Cancelled => "CANCELLED",
    }
}

fn read_lifecycle(text: &str) -> Result<Lifecycle> {
    [Lifecycle::Placed, Lifecycle::Confirmed, Lifecycle::Completed, Lifecycle::Cancelled]
        .into_iter()
        .find(|&lifecycle| written(lifecycle) == text)
        .ok_or_else(|| Failure::fault(anyhow::anyhow!("`{text}` is no lifecycle of an order")))
}

pub(super) async fn with_lines(db: &impl ConnectionTrait, rows: Vec<Model>) -> Result<Vec<Order>> {
    let mut lines = line::of_orders(db, rows.iter().map(|row| row.id.as_str())).await?;
    rows.into_iter().map(|row| row.order(&mut lines)).collect()
}

impl Store {
    /// A new order, with the events that its log begins with already taken in. False when another has its number: then
    /// nothing is written, and the transaction goes on.
    pub(crate) async fn insert_order(txn: &Txn, order: &Order) -> Result<bool> {
        let inserted = Entity::insert(row(order)?)
            .on_conflict(OnConflict::column(Column::Number).do_nothing().to_owned())
            .try_insert()
            .exec_without_returning(&**txn)
            .await?;
        if !matches!(inserted, TryInsertResult::Inserted(rows) if rows > 0) {
            return Ok(false);
        }
        line::insert(txn, order).await?;
        Ok(true)
    }

    /// An order, whoever asks.
    pub(crate) async fn order(&self, id: &OrderId) -> Result<Option<Arc<Order>>> {
        let db = self.db.reader();
        let row = Entity::find_by_id(id.as_str()).one(db).await?;
        Ok(with_lines(db, row.into_iter().collect()).await?.pop().map(Arc::new))
    }

    /// Orders, whoever asks: a message has no viewer. Who wants one of them too waits for the end of this transaction.
    pub(crate) async fn orders_for_update(txn: &Txn, ids: &BTreeSet<&str>) -> Result<Vec<Order>> {
        let rows = Entity::find()
            .filter(Column::Id.among(ids.iter().copied()))
            .order_by_asc(Column::Id)
            .lock_exclusive()
            .all(&**txn)
            .await?;
        with_lines(&**txn, rows).await
    }

    /// Writes what has become of orders.
    pub(crate) async fn save_lifecycles<'a>(txn: &Txn, orders: impl Iterator<Item = &'a Order>) -> Result<()> {
        let (mut lifecycles, mut versions, mut confirmed, mut ids) =
            (CaseStatement::new(), CaseStatement::new(), CaseStatement::new(), Vec::new());
        for order in orders {
            let this = || Column::Id.eq(order.id.as_str());
            lifecycles = lifecycles.case(this(), Expr::value(written(order.lifecycle)));
            versions = versions.case(this(), Expr::value(order.version));
            if let Some(at) = order.confirmed_at {
                confirmed = confirmed.case(this(), Expr::value(at));
            }
            ids.push(order.id.as_str());
        }
        // Where none is confirmed, a case that never holds: an empty one is no SQL.
        confirmed = confirmed.case(Column::Id.eq(""), Expr::col(Column::ConfirmedAt));
        Entity::update_many()
            .col_expr(Column::Lifecycle, lifecycles.finally(Expr::col(Column::Lifecycle)).into())
            .col_expr(Column::Version, versions.finally(Expr::col(Column::Version)).into())
            .col_expr(Column::ConfirmedAt, confirmed.finally(Expr::col(Column::ConfirmedAt)).into())
            .filter(Column::Id.among(ids))
            .exec(&**txn)
            .await?;
        Ok(())
    }
}

/// Whose orders a list holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrdersOf {
    /// The viewer's own, from their confirmation on.
    Viewer,
    /// Everybody's, and what did not become an order too.
    Everybody,
}

impl Visible {
    /// Orders, newest first. Who may see everybody's is for the caller to say.
    pub(crate) async fn orders(&self, of: OrdersOf, page: &Page<OrderId>) -> Result<Vec<Arc<Order>>> {
        self.claim_orders().await;
        let db = self.store.db.reader();
        let mut query = match of {
            OrdersOf::Viewer => self.own().filter(Column::ConfirmedAt.is_not_null()),
            OrdersOf::Everybody => Entity::find(),
        };
        if let Some(after) = &page.after {
            query = query.filter(Column::Id.lt(after.as_str()));
        }
        let rows = query.order_by_desc(Column::Id).limit(page.limit()).all(db).await?;
        Ok(with_lines(db, rows).await?.into_iter().map(Arc::new).collect())
    }

    fn own(&self) -> Select<Entity> {
        Entity::find().filter(Column::Owner.among(self.owners()))
    }

    async fn orders_by_id<'a>(
        &self,
        found: Select<Entity>,
        ids: impl Iterator<Item = &'a OrderId>,
    ) -> Result<Vec<Arc<Order>>> {
        let db = self.store.db.reader();
        let rows = found.filter(Column::Id.among(ids.map(OrderId::as_str))).all(db).await?;
        Ok(with_lines(db, rows).await?.into_iter().map(Arc::new).collect())
    }
}

/// The viewer's order with this id, from its confirmation on; for staff who may, anybody's, and what did not become one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct OrderById(pub OrderId);

impl Loader<OrderById> for Visible {
    type Value = Arc<Order>;
    type Error = Failure;

    async fn load(&self, keys: &[OrderById]) -> Result<HashMap<OrderById, Arc<Order>>> {
        self.claim_orders().await;
        let seen = match self.sees_all() {
            true => Entity::find(),
            false => self.own().filter(Column::ConfirmedAt.is_not_null()),
        };
        let orders = self.orders_by_id(seen, keys.iter().map(|OrderById(id)| id)).await?;
        Ok(orders.into_iter().map(|order| (OrderById(order.id.clone()), order)).collect())
    }
}

/// What a checkout of the viewer's was submitted for, whether it has become an order or not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PlacedOrder(pub OrderId);

impl Loader<PlacedOrder> for Visible {
    type Value = Arc<Order>;
    type Error = Failure;

    async fn load(&self, keys: &[PlacedOrder]) -> Result<HashMap<PlacedOrder, Arc<Order>>> {
        let orders = self.orders_by_id(self.own(), keys.iter().map(|PlacedOrder(id)| id)).await?;
        Ok(orders.into_iter().map(|order| (PlacedOrder(order.id.clone()), order)).collect())
    }
}
