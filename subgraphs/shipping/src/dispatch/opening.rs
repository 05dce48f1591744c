//! How errands begin: with the shipment that the order has, or with its first.

use chrono::TimeDelta;
use kit::Result;

use super::errand::{Answers, Errand};
use super::{Dispatch, MOST_ROUNDS};
use crate::message::{Asked, Create};
use crate::rate::{self, Rate};
use crate::shipment::{Next, Shipment, Terms};

const NO_RATE: &str = "We do not deliver an order of this weight there by this method.";

impl Dispatch {
    /// Answers what can be answered at once, and gives the errands that are left.
    pub(super) async fn begin(&self, asked: Vec<Asked>) -> Result<Vec<Errand>> {
        let may_have_one = asked.iter().filter(|one| matches!(one, Asked::Cancel(_))).map(Asked::order_id);
        let mut known = self.store.shipments_of(may_have_one).await?;
        let rates = self.store.rates_to_all(asked.iter().filter_map(Asked::country)).await?;
        let (mut standing, mut new) = (Vec::new(), Vec::new());
        for one in asked {
            let (command, shipment) = (one.command(), known.remove(one.order_id()));
            match (shipment, one) {
                (Some(shipment), _) => standing.push(Errand { command, shipment }),
                (None, Asked::Create(ask)) => new.push(Errand { command, shipment: self.first(*ask, &rates) }),
                (None, Asked::Cancel(order_id)) => {
                    let shipment = Shipment::barred(order_id, self.store.clock.now());
                    new.push(Errand { command, shipment });
                }
            }
        }
        standing.extend(self.open(new).await?);
        Ok(standing)
    }

    fn first(&self, ask: Create, rates: &[Rate]) -> Shipment {
        let Create { order_id, owner, method, address, lines } = ask;
        let country = address.country().to_owned();
        let terms = Terms { owner, method, country, address: Some(address.into()) };
        let brackets = rates.iter().filter(|rate| (&rate.country, &rate.method) == (&terms.country, &terms.method));
        let brackets: Vec<Rate> = brackets.cloned().collect();
        let mut shipment = Shipment::new(order_id, terms, lines, self.store.clock.now());
        match rate::bracket(&brackets, shipment.weight_grams()) {
            Some(rate) => {
                shipment.estimated_delivery = Some(shipment.created_at + TimeDelta::days(i64::from(rate.max_days)));
                shipment
            }
            None => shipment.refused(NO_RATE),
        }
    }

    /// The first command of an order decides whether it has a shipment or a bar. Gives what stands, without those that are
    /// final, which are answered.
    async fn open(&self, mut new: Vec<Errand>) -> Result<Vec<Errand>> {
        let mut standing = Vec::new();
        for _ in 0..MOST_ROUNDS {
            if new.is_empty() {
                break;
            }
            if let Some(opened) = self.try_to_open(&new).await? {
                let opened = new.into_iter().zip(opened).filter_map(|(errand, goes_on)| goes_on.then_some(errand));
                standing.extend(opened);
                return Ok(standing);
            }
            let mut known = self.store.shipments_of(new.iter().map(|errand| &errand.shipment.order_id)).await?;
            let mut unknown = Vec::new();
            for errand in new {
                match known.remove(&errand.shipment.order_id) {
                    Some(shipment) => standing.push(Errand { shipment, ..errand }),
                    None => unknown.push(errand),
                }
            }
            new = unknown;
        }
        Ok(standing)
    }

    /// Says of each whether it goes on; the others are answered. None when one of the orders has a shipment: then nothing
    /// is written.
    async fn try_to_open(&self, new: &[Errand]) -> Result<Option<Vec<bool>>> {
        let txn = self.store.db.begin().await?;
        if !self.store.open_shipments(&txn, new.iter().map(|errand| &errand.shipment)).await? {
            txn.rollback().await?;
            return Ok(None);
        }
        let (mut answers, mut goes_on) = (Answers::default(), Vec::new());
        for errand in new {
            let next = errand.next();
            if let Next::Answer(reply) = &next {
                answers.add(&errand.shipment.order_id, errand.command, reply)?;
            }
            goes_on.push(!matches!(next, Next::Answer(_)));
        }
        answers.send(&txn).await?;
        txn.commit().await?;
        Ok(Some(goes_on))
    }
}
