//! `shipping.events`: what delivery costs, and where the parcels are.

use async_trait::async_trait;
use contracts::Family;
use contracts::shipping::ShippingEvent;
use kit::Result;
use kit::messaging::{Message, MessageHandler};

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

impl From<contracts::shipping::DeliveryRate> for DeliveryRate {
    fn from(rate: contracts::shipping::DeliveryRate) -> Self {
        let contracts::shipping::DeliveryRate { method, name, country, max_weight_grams, price, min_days, max_days } =
            rate;
        Self { country, method, name, max_weight_grams, price, min_days, max_days }
    }
}

#[async_trait]
impl MessageHandler for ShippingEvents {
    async fn handle(&self, message: &Message) -> Result<()> {
        match ShippingEvent::decode(message)? {
            Some(ShippingEvent::RatesChanged(changed)) => {
                let rates: Vec<DeliveryRate> = changed.rates.into_iter().map(DeliveryRate::from).collect();
                self.store.take_rates(message, changed.version, &rates).await
            }
            Some(event) => self.store.handle_parcel_event(message, &event).await,
            None => Ok(()),
        }
    }
}
