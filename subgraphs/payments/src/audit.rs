//! Proves that no money was lost: the books against themselves, against what is owed, and against the gateway's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use kit::Result;
use vocab::OrderId;

use crate::Store;
use crate::gateway::{Found, Gateway, GatewayBalance, PAGE};
use crate::order_balance::{OrderBalance, Violation};
use crate::store::{Scope, Sums};

/// What one order's money comes to, in our books and in the gateway's.
pub struct OrderMoney {
    pub balance: OrderBalance,
    /// None where the gateway does not open its books, or has none of this order.
    pub booked: Option<GatewayBalance>,
}

#[derive(Clone)]
pub struct Audit {
    pub(crate) store: Store,
    gateway: Arc<dyn Gateway>,
    pub(crate) settling: TimeDelta,
}

impl Audit {
    /// What moved within `settling` may have a counterpart that is still on its way.
    pub fn new(store: Store, gateway: Arc<dyn Gateway>, settling: TimeDelta) -> Self {
        Self { store, gateway, settling }
    }

    /// The gateway's charge of an order.
    pub(crate) async fn found(&self, order_id: &OrderId) -> Result<Option<Found>> {
        Ok(self.gateway.find(order_id).await?)
    }

    fn settled(&self) -> DateTime<Utc> {
        self.store.clock.now() - self.settling
    }

    /// What moved since the ledger was last added up.
    pub(crate) async fn sums(&self) -> Result<Sums> {
        self.store.sums(self.settled()).await
    }

    /// Everything, from the first entry on.
    pub(crate) async fn all_sums(&self) -> Result<Sums> {
        self.store.all_sums(self.settled()).await
    }

    /// One order. None when no money was ever asked for.
    pub(crate) async fn order(&self, order_id: &OrderId) -> Result<Option<OrderMoney>> {
        let standings = self.store.balance_of(order_id, self.settled()).await?;
        let wrong = standings.iter().position(|balance| !balance.adds_up()).unwrap_or_default();
        let balance = match standings.into_iter().nth(wrong) {
            Some(balance) => balance,
            None => {
                let Some(payment) = self.store.payment_of(order_id).await? else { return Ok(None) };
                let Some(terms) = payment.terms else { return Ok(None) };
                OrderBalance::zero(order_id.clone(), terms.amount.currency, payment.state.is_under_way())
            }
        };
        let booked = self.gateway.booked(order_id).await?;
        Ok(Some(OrderMoney { balance, booked }))
    }

    /// Where the gateway's books differ from ours, the first `most` of it. None when the gateway does not open them.
    /// Theirs are read first, so that what moves meanwhile is fresh in ours.
    pub(crate) async fn against_gateway(&self, scope: Scope, most: usize) -> Result<Option<Vec<Violation>>> {
        let found = match scope {
            Scope::All => self.against_all(most).await?,
            Scope::Since(through) => self.against_moved(through, most).await?,
        };
        Ok(found.map(|mut violations| {
            violations.truncate(most);
            violations
        }))
    }

    /// The whole of either books.
    async fn against_all(&self, most: usize) -> Result<Option<Vec<Violation>>> {
        let mut violations = Vec::new();
        let mut after = String::new();
        while violations.len() < most {
            let Some(page) = self.gateway.books(&after, PAGE as u64).await? else { return Ok(None) };
            let last = page.last().map(|booked| booked.order_id.to_string()).filter(|_| page.len() == PAGE);
            let ours = self.store.balances_between(&after, last.as_deref(), self.settled()).await?;
            violations.extend(compare(ours, page));
            let Some(last) = last else { break };
            after = last;
        }
        Ok(Some(violations))
    }

    /// The orders that moved after `through`, in our books or in theirs, or that stay in sight.
    async fn against_moved(&self, through: DateTime<Utc>, most: usize) -> Result<Option<Vec<Violation>>> {
        let mut violations = Vec::new();
        let moved = self.store.moved(through).await?;
        let orders: Vec<OrderId> = moved.iter().cloned().collect();
        for some in orders.chunks(PAGE) {
            if violations.len() >= most {
                return Ok(Some(violations));
            }
            let Some(theirs) = self.gateway.books_of(some).await? else { return Ok(None) };
            let ours = self.store.balances_of(some, self.settled()).await?;
            violations.extend(compare(ours, theirs));
        }
        let mut after = String::new();
        while violations.len() < most {
            let page = self.gateway.books_since(through, &after, PAGE as u64).await?;
            let Some(page) = page else { return Ok(None) };
            let last = page.last().map(|booked| booked.order_id.to_string()).filter(|_| page.len() == PAGE);
            let theirs: Vec<GatewayBalance> =
                page.into_iter().filter(|booked| !moved.contains(&booked.order_id)).collect();
            let orders: Vec<OrderId> = theirs.iter().map(|booked| booked.order_id.clone()).collect();
            let ours = self.store.balances_of(&orders, self.settled()).await?;
            violations.extend(compare(ours, theirs));
            let Some(last) = last else { break };
            after = last;
        }
        Ok(Some(violations))
    }
}

/// Order by order, whoever's books it stands in.
fn compare(ours: Vec<OrderBalance>, theirs: Vec<GatewayBalance>) -> Vec<Violation> {
    let mut theirs: BTreeMap<OrderId, GatewayBalance> =
        theirs.into_iter().map(|booked| (booked.order_id.clone(), booked)).collect();
    let mut violations: Vec<Violation> = Vec::new();
    for balance in ours {
        violations.extend(balance.against(theirs.remove(&balance.order_id).as_ref()));
    }
    for (order_id, booked) in theirs {
        let unknown = OrderBalance::zero(order_id, booked.captured.currency, false);
        violations.extend(unknown.against(Some(&booked)));
    }
    violations
}
