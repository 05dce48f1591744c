//! `shipping.events`: what delivery costs, and where the parcels are.

use async_trait::async_trait;
use kit::Result;
use kit::messaging::{Message, MessageHandler};
use serde::Deserialize;
use vocab::Money;

use crate::delivery::DeliveryRate;
use crate::store::Store;

pub struct ShippingEvents {
    store: Store,
}

impl ShippingEvents {
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

#[derive(Deserialize)]
struct RatesChanged {
    version: i64,
    rates: Vec<Rate>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rate {
    method: String,
    name: String,
    country: String,
    max_weight_grams: u32,
    price: Money,
    min_days: u32,
    max_days: u32,
}

impl From<Rate> for DeliveryRate {
    fn from(rate: Rate) -> Self {
        let Rate { method, name, country, max_weight_grams, price, min_days, max_days } = rate;
        Self { country, method, name, max_weight_grams, price, min_days, max_days }
    }
}

#[async_trait]
impl MessageHandler for ShippingEvents {
    async fn handle(&self, message: &Message) -> Result<()> {
        if message.kind != "shipping.rates_changed.v1" {
            return self.store.handle_parcel_event(message).await;
        }
        let changed: RatesChanged = message.read()?;
        let rates: Vec<DeliveryRate> = changed.rates.into_iter().map(DeliveryRate::from).collect();
        self.store.take_rates(message, changed.version, &rates).await
    }
}
