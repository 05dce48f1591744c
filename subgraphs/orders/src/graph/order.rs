//! Orders.

use std::sync::Arc;

use async_graphql::connection::Connection;
use async_graphql::{Context, Enum, ID, Object};
use chrono::{DateTime, Utc};
use kit::graphql::page::Page;
use kit::{Result, Viewer};
use vocab::{Address, Money, OrderId};

use super::cancellation::Cancellation;
use super::cost::Cost;
use super::order_event::OrderEvent;
use super::product_variant::ProductVariant;
use super::{entity, given, load};
use crate::store::{CancellationOfOrder, EventsOfOrder, OrderById, PERMISSION, Visible};
use crate::{cancellation, order};

pub struct Order {
    order: Arc<order::Order>,
    /// None for now.
    as_of: Option<DateTime<Utc>>,
    /// Whether it has just become the viewer's, whom the request did not name yet.
    opened: bool,
}

impl Order {
    /// An order that the viewer has opened in this request.
    pub(super) fn opened(order: Arc<order::Order>) -> Self {
        Self { opened: true, ..Self::from(order) }
    }
}

impl From<Arc<order::Order>> for Order {
    fn from(order: Arc<order::Order>) -> Self {
        Self { order, as_of: None, opened: false }
    }
}

/// How far an order is.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::order::Lifecycle")]
pub enum OrderLifecycle {
    /// Submitted; its checkout is running. Its buyer sees it from its confirmation on.
    Placed,
    /// Paid for. It stands.
    Confirmed,
    /// Delivered.
    Completed,
    /// It was cancelled and what was charged is refunded; or, for staff to see, its checkout failed and nothing was charged.
    Cancelled,
}

/// Whose orders to list.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::store::OrdersOf")]
pub enum OrdersOf {
    /// The viewer's own.
    Viewer,
    /// Everybody's, and tries that did not become an order too. For staff with the permission `orders`.
    Everybody,
}

#[derive(Default)]
pub struct OrderQuery;

#[Object]
impl OrderQuery {
    /// An order of the viewer's own, from its confirmation on; for staff with the permission `orders` anybody's, and tries
    /// that did not become one too. Null when there is none with this id, or was none at the time that is asked for.
    async fn order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the order.")] id: ID,
        #[graphql(desc = "As it stood at this time: its lifecycle, and its events up to then. Null for now.")]
        as_of: Option<DateTime<Utc>>,
    ) -> Result<Option<Order>> {
        let Ok(id) = OrderId::try_from(&id) else { return Ok(None) };
        let Some(order) = load(ctx, OrderById(id)).await? else { return Ok(None) };
        let Some(at) = as_of else { return Ok(Some(order.into())) };
        let log = given::<Visible>(ctx)?.log_of(&order).await?;
        Ok(order.as_of(at, log)?.map(|then| Order { order: Arc::new(then), as_of, opened: false }))
    }

    /// The viewer's orders, newest first: what was confirmed, and what was made as a guest with the address that the viewer
    /// has verified. None for a viewer without a name and without a secret. Null when they cannot be looked up now.
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose orders.", default_with = "OrdersOf::Viewer")] of: OrdersOf,
        #[graphql(desc = "How many; 1 to 100.", default = 20)] first: i32,
        #[graphql(desc = "The `endCursor` of the page before.")] after: Option<String>,
    ) -> Result<Option<Connection<String, Order>>> {
        if of == OrdersOf::Everybody {
            given::<Viewer>(ctx)?.require(PERMISSION)?;
        }
        let page = Page::<OrderId>::try_new(first, after)?;
        let rows = given::<Visible>(ctx)?.orders(of.into(), &page).await?;
        Ok(Some(page.connection(rows, |order| order.id.clone(), Order::from)))
    }

    #[graphql(entity)]
    async fn find_order_by_id(&self, ctx: &Context<'_>, id: ID) -> Option<Order> {
        let id = OrderId::try_from(&id).ok()?;
        entity(ctx, OrderById(id)).await.map(Order::from)
    }
}

/// What somebody has bought, as it was when they did.
#[Object]
impl Order {
    /// Stays the same for good. Starts with `ord_`.
    async fn id(&self) -> ID {
        self.order.id.as_str().into()
    }

    /// The number that people say: `M-7K3Q9XWB`.
    async fn number(&self) -> &str {
        &self.order.number
    }

    /// When it was submitted.
    async fn placed_at(&self) -> DateTime<Utc> {
        self.order.placed_at
    }

    /// How far it is.
    async fn lifecycle(&self) -> OrderLifecycle {
        self.order.lifecycle.into()
    }

    /// What was bought; 100 lines at most.
    async fn lines(&self) -> Vec<OrderLine> {
        (0..self.order.lines.len()).map(|index| OrderLine { order: Arc::clone(&self.order), index }).collect()
    }

    /// What it costs.
    async fn cost(&self) -> Cost {
        Cost::of(self.order.cost, false)
    }

    /// The mail address that it was made with; null to everybody but the buyer.
    async fn email(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.is_own(ctx)?.then(|| self.order.email.for_people()))
    }

    /// Where it goes; null to everybody but the buyer.
    async fn shipping_address(&self, ctx: &Context<'_>) -> Result<Option<&Address>> {
        Ok(self.is_own(ctx)?.then_some(&self.order.address))
    }

    /// How it goes there: the `method` of a delivery option.
    async fn shipping_method(&self) -> &str {
        &self.order.delivery_method
    }

    /// How its cancellation goes, as it stands now; null when nobody has asked for one.
    async fn cancellation(&self, ctx: &Context<'_>) -> Result<Option<Cancellation>> {
        let found = load(ctx, CancellationOfOrder(self.order.id.clone())).await?;
        let by_then = |one: &Arc<cancellation::Cancellation>| self.as_of.is_none_or(|at| one.started_at <= at);
        Ok(found.filter(by_then).map(Cancellation))
    }

    /// What has happened to it, from the beginning.
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many; 1 to 100.", default = 20)] first: i32,
        #[graphql(desc = "The `endCursor` of the page before.")] after: Option<String>,
    ) -> Result<Connection<String, OrderEvent>> {
        let page = Page::<i32>::try_new(first, after)?;
        let order_id = self.order.id.clone();
        let key = EventsOfOrder { order_id: order_id.clone(), page: page.clone(), up_to: self.order.version };
        let rows = load(ctx, key).await?.unwrap_or_default();
        Ok(page.connection(rows, |one| one.seq, |logged| OrderEvent { order_id: order_id.clone(), logged }))
    }
}

impl Order {
    fn is_own(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.opened || given::<Viewer>(ctx)?.owners().contains(&self.order.owner))
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

    /// How many units.
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
