//! How commands start: with the shipment that the order has, or with a new one.

use chrono::TimeDelta;
use contracts::shipping::{CreateShipment, ShipmentLine};
use kit::Result;
use kit::messaging::external_command::{self, ExternalCommand};

use super::ShipmentDispatcher;
use crate::message::Asked;
use crate::rate::{self, Rate};
use crate::shipment::{Line, Shipment, Terms};

const NO_RATE: &str = "We do not deliver an order of this weight there by this method.";

impl ShipmentDispatcher {
    /// Answers what can be answered at once, and returns the commands that are left.
    pub(super) async fn begin(&self, asked: Vec<Asked>) -> Result<Vec<ExternalCommand<Shipment>>> {
        let may_have_one = asked.iter().filter(|one| matches!(one, Asked::Cancel(_))).map(Asked::order_id);
        let mut known = self.store.shipments_of(may_have_one).await?;
        let rates = self.store.rates_to_all(asked.iter().filter_map(Asked::country)).await?;
        let (mut existing, mut new) = (Vec::new(), Vec::new());
        for one in asked {
            let (command, shipment) = (one.command(), known.remove(one.order_id()));
            match (shipment, one) {
                (Some(shipment), _) => existing.push(ExternalCommand { command, aggregate: shipment }),
                (None, Asked::Create(ask)) => {
                    new.push(ExternalCommand { command, aggregate: self.first(*ask, &rates) })
                }
                (None, Asked::Cancel(order_id)) => {
                    let shipment = Shipment::barred(order_id, self.store.clock.now());
                    new.push(ExternalCommand { command, aggregate: shipment });
                }
            }
        }
        existing.extend(external_command::open(self, new).await?);
        Ok(existing)
    }

    fn first(&self, ask: CreateShipment, rates: &[Rate]) -> Shipment {
        let CreateShipment { order_id, owner, method, address, lines } = ask;
        let country = address.country.clone();
        let terms = Terms { owner, method, country, address: Some(address.into()) };
        let brackets = rates.iter().filter(|rate| (&rate.country, &rate.method) == (&terms.country, &terms.method));
        let brackets: Vec<Rate> = brackets.cloned().collect();
        let mut shipment =
            Shipment::new(order_id, terms, lines.into_iter().map(Line::from).collect(), self.store.clock.now());
        match rate::bracket(&brackets, shipment.weight_grams()) {
            Some(rate) => {
                shipment.estimated_delivery = Some(shipment.created_at + TimeDelta::days(i64::from(rate.max_days)));
                shipment
            }
            None => shipment.refused(NO_RATE),
        }
    }
}

impl From<ShipmentLine> for Line {
    fn from(line: ShipmentLine) -> Self {
        let ShipmentLine { order_line_id, variant_id, quantity, weight_grams } = line;
        Self { order_line_id, variant_id, quantity, weight_grams }
    }
}
