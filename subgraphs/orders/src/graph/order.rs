//! Orders.

use std::sync::Arc;

use async_graphql::connection::Connection;
use async_graphql::{Context, Enum, ID, Object};
use chrono::{DateTime, Utc};
use kit::Result;
use kit::page::Page;
use vocab::{Address, Money, OrderId};

use super::cost::Cost;
use super::order_event::OrderEvent;
use super::product_variant::ProductVariant;
use super::{entity, given, load};
use crate::order;
use crate::store::{EventsOfOrder, OrderById, Visible};

pub struct Order(pub Arc<order::Order>);

/// How far an order is.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::order::Lifecycle")]
pub enum OrderLifecycle {
    /// Submitted; its checkout is running.
    Placed,
    /// Paid for. It stands.
    Confirmed,
    /// Its checkout failed. Nothing was charged.
    Cancelled,
}

#[derive(Default)]
pub struct OrderQuery;

#[Object]
impl OrderQuery {
    /// An order of the viewer's own; null when there is none with this id.
    async fn order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the order.")] id: ID,
    ) -> Result<Option<Order>> {
        let Ok(id) = OrderId::try_from(&id) else { return Ok(None) };
        Ok(load(ctx, OrderById(id)).await?.map(Order))
    }

    /// The viewer's orders, newest first; none for a viewer without a name and without a secret.
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many; 1 to 100.", default = 20)] first: i32,
        #[graphql(desc = "The `endCursor` of the page before.")] after: Option<String>,
    ) -> Result<Connection<String, Order>> {
        let page = Page::<OrderId>::try_new(first, after)?;
        let rows = given::<Visible>(ctx)?.orders(&page).await?;
        Ok(page.connection(rows, |order| order.id.clone(), Order))
    }

    #[graphql(entity)]
    async fn find_order_by_id(&self, ctx: &Context<'_>, id: ID) -> Option<Order> {
        let id = OrderId::try_from(&id).ok()?;
        entity(ctx, OrderById(id)).await.map(Order)
    }
}

/// What somebody has bought, as it was when they did.
#[Object]
impl Order {
    /// Stays the same for good. Starts with `ord_`.
    async fn id(&self) -> ID {
        self.0.id.as_str().into()
    }

    /// The number that people say: `M-7K3Q9XWB`.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// When it was submitted.
    async fn placed_at(&self) -> DateTime<Utc> {
        self.0.placed_at
    }

    /// How far it is.
    async fn lifecycle(&self) -> OrderLifecycle {
        self.0.lifecycle.into()
    }

    /// What was bought; 100 lines at most.
    async fn lines(&self) -> Vec<OrderLine> {
        (0..self.0.lines.len()).map(|index| OrderLine { order: Arc::clone(&self.0), index }).collect()
    }

    /// What it costs.
    async fn cost(&self) -> Cost {
        Cost::of(self.0.cost, false)
    }

    /// Where the confirmation went; null to everybody but the buyer.
    async fn email(&self) -> Option<&str> {
        Some(self.0.email.as_str())
    }

    /// Where it goes; null to everybody but the buyer.
    async fn shipping_address(&self) -> Option<&Address> {
        Some(&self.0.address)
    }

    /// How it goes there: the `method` of a delivery option.
    async fn shipping_method(&self) -> &str {
        &self.0.delivery_method
    }

    /// What has happened to it, from the beginning.
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many; 1 to 100.", default = 20)] first: i32,
        #[graphql(desc = "The `endCursor` of the page before.")] after: Option<String>,
    ) -> Result<Connection<String, OrderEvent>> {
        let page = Page::<i32>::try_new(first, after)?;
        let order_id = self.0.id.clone();
        let key = EventsOfOrder { order_id: order_id.clone(), page: page.clone() };
        let rows = load(ctx, key).await?.unwrap_or_default();
        Ok(page.connection(rows, |one| one.seq, |logged| OrderEvent { order_id: order_id.clone(), logged }))
    }
}

pub struct OrderLine {
    order: Arc<order::Order>,
    index: usize,
}

impl OrderLine {
    fn line(&self) -> &order::OrderLine {
        &self.order.lines[self.index]
    }
}

/// Units of a variant, as they were bought. It stays when the product goes.
#[Object]
impl OrderLine {
    /// The id of the line.
    async fn id(&self) -> ID {
        self.line().id.as_str().into()
    }

    /// What the product was called.
    async fn title(&self) -> &str {
        &self.line().title
    }

    /// The options in words, `Size: S`; null when the product had none.
    async fn options(&self) -> Option<&str> {
        self.line().options.as_deref()
    }

    /// The stock keeping unit.
    async fn sku(&self) -> &str {
        &self.line().sku
    }

    /// How many units; 1 to 999.
    async fn quantity(&self) -> i32 {
        i32::try_from(self.line().quantity).unwrap_or(i32::MAX)
    }

    /// What one unit cost.
    async fn unit(&self) -> Money {
        self.line().unit
    }

    /// What the line cost.
    async fn total(&self) -> Result<Money> {
        Ok(self.line().total()?)
    }

    /// The variant in the catalog; null when it is not sold any more or cannot be asked.
    async fn variant(&self) -> Option<ProductVariant> {
        Some(ProductVariant::from(&self.line().variant_id))
    }
}
