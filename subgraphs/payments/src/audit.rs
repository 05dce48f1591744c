//! Proves that no money was lost: the books against themselves, against what is owed, and against the gateway's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use kit::Result;
use vocab::OrderId;

use crate::Store;
use crate::gateway::{Booked, Found, Gateway};
use crate::standing::{Standing, Violation};
use crate::store::Sums;

/// How many of the gateway's orders are compared at once.
const PAGE: u64 = 1_000;

/// What one order's money comes to, in our books and in the gateway's.
pub struct OrderMoney {
    pub standing: Standing,
    /// None where the gateway does not open its books, or has none of this order.
    pub booked: Option<Booked>,
}

#[derive(Clone)]
pub struct Audit {
    pub(crate) store: Store,
    gateway: Arc<dyn Gateway>,
    settling: TimeDelta,
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

    pub(crate) async fn sums(&self) -> Result<Sums> {
        self.store.sums(self.settled()).await
    }

    /// One order. None when no money was ever asked for.
    pub(crate) async fn order(&self, order_id: &OrderId) -> Result<Option<OrderMoney>> {
        let standings = self.store.standing_of(order_id, self.settled()).await?;
        let wrong = standings.iter().position(|standing| !standing.adds_up()).unwrap_or_default();
        let standing = match standings.into_iter().nth(wrong) {
            Some(standing) => standing,
            None => {
                let Some(payment) = self.store.payment_of(order_id).await? else { return Ok(None) };
                let Some(terms) = payment.terms else { return Ok(None) };
                Standing::zero(order_id.clone(), terms.amount.currency, payment.state.is_under_way())
            }
        };
        let booked = self.gateway.booked(order_id).await?;
        Ok(Some(OrderMoney { standing, booked }))
    }

    /// Where the gateway's books differ from ours, the first `most` of it. None when the gateway does not open them.
    /// Theirs are read first, so that what moves meanwhile is fresh in ours.
    pub(crate) async fn against_gateway(&self, most: usize) -> Result<Option<Vec<Violation>>> {
        let mut violations = Vec::new();
        let mut after = String::new();
        while violations.len() < most {
            let Some(page) = self.gateway.books(&after, PAGE).await? else { return Ok(None) };
            let last = page.last().map(|booked| booked.order_id.to_string()).filter(|_| page.len() as u64 == PAGE);
            let ours = self.store.standings_between(&after, last.as_deref(), self.settled()).await?;
            violations.extend(compare(ours, page));
            let Some(last) = last else { break };
            after = last;
        }
        violations.truncate(most);
        Ok(Some(violations))
    }
}

/// Order by order, whoever's books it stands in.
fn compare(ours: Vec<Standing>, theirs: Vec<Booked>) -> Vec<Violation> {
    let mut theirs: BTreeMap<OrderId, Booked> =
        theirs.into_iter().map(|booked| (booked.order_id.clone(), booked)).collect();
    let mut violations: Vec<Violation> = Vec::new();
    for standing in ours {
        violations.extend(standing.against(theirs.remove(&standing.order_id).as_ref()));
    }
    for (order_id, booked) in theirs {
        let unknown = Standing::zero(order_id, booked.captured.currency, false);
        violations.extend(unknown.against(Some(&booked)));
    }
    violations
}
