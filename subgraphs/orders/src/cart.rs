//! A cart: lines with prices as they were shown, and the rules of changing them.

mod issue;
mod lines;
mod merge;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use kit::Owner;
use vocab::{
    CartId, CartLineId, CheckoutId, CurrencyCode, Money, MoneyError, ProductId, Quantity, UserErrorCode, VariantId,
};

use crate::cost::Cost;
use crate::delivery::{self, ASSUMED_GRAMS, Delivery, DeliveryRate};
use crate::offer::Offer;
use crate::shopper_error::ShopperError;

pub use issue::{CartIssue, FreeUnits};
pub use lines::{Setting, Wanted};
pub use merge::KeptApart;

/// The most lines that a cart holds.
pub const MOST_LINES: usize = 100;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cart {
    pub id: CartId,
    pub owner: Owner,
    pub state: CartState,
    /// The checkout that runs on this cart or has closed it.
    pub checkout_id: Option<CheckoutId>,
    pub currency: CurrencyCode,
    /// Grows with each change.
    pub version: i32,
    pub updated_at: DateTime<Utc>,
    /// How the shopper wants it delivered; None before that is chosen.
    pub delivery: Option<Delivery>,
    /// The cart that took over the lines of this one.
    pub merged_into: Option<CartId>,
    pub lines: Vec<CartLine>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CartState {
    Open,
    CheckingOut,
    /// It has become an order.
    Closed,
    /// Its lines went into another cart.
    Merged,
}

/// Units of a variant, at the price that was shown when the line was last set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CartLine {
    pub id: CartLineId,
    pub variant_id: VariantId,
    pub product_id: ProductId,
    pub sku: String,
    pub title: String,
    pub options: Option<String>,
    pub unit: Money,
    pub weight_grams: Option<u32>,
    pub quantity: Quantity,
}

pub type Offers = HashMap<VariantId, Offer>;

impl CartLine {
    fn of(offer: &Offer, quantity: Quantity) -> Self {
        Self {
            id: CartLineId::generate(),
            variant_id: offer.variant_id.clone(),
            product_id: offer.product_id.clone(),
            sku: offer.sku.clone(),
            title: offer.title.clone(),
            options: offer.options.clone(),
            unit: offer.price,
            weight_grams: offer.weight_grams,
            quantity,
        }
    }

    fn reprice(&mut self, offer: &Offer) {
        let (id, quantity) = (self.id.clone(), self.quantity);
        *self = Self { id, ..Self::of(offer, quantity) };
    }

    pub fn total(&self) -> Result<Money, MoneyError> {
        self.unit.times(self.quantity.get())
    }
}

impl Cart {
    /// An empty cart in the currency of what goes into it first.
    pub fn open(id: CartId, owner: Owner, currency: CurrencyCode, at: DateTime<Utc>) -> Self {
        Self {
            id,
            owner,
            state: CartState::Open,
            checkout_id: None,
            currency,
            version: 0,
            updated_at: at,
            delivery: None,
            merged_into: None,
            lines: Vec::new(),
        }
    }

    /// Chooses how it is delivered, if these rates have a price for it.
    pub fn choose(
        &mut self,
        delivery: Delivery,
        rates: &[DeliveryRate],
        at: DateTime<Utc>,
    ) -> Result<(), ShopperError> {
        self.must_be_open()?;
        if self.delivery.as_ref() == Some(&delivery) && self.rate(rates).is_some() {
            return Ok(());
        }
        delivery::find(rates, &delivery, self.weight_grams(), self.currency)
            .map_err(|none| none.refusal(&delivery.country, &["country"], &["method"]))?;
        self.delivery = Some(delivery);
        self.cost_delivered(rates)?;
        self.changed(at)
    }

    /// What the chosen delivery costs; None when nothing is chosen, or it cannot be had.
    pub fn rate<'a>(&self, rates: &'a [DeliveryRate]) -> Option<&'a DeliveryRate> {
        delivery::find(rates, self.delivery.as_ref()?, self.weight_grams(), self.currency).ok()
    }

    /// Hands the cart to another owner. False when it is theirs already.
    pub fn claim(&mut self, owner: &Owner, at: DateTime<Utc>) -> bool {
        if self.owner == *owner {
            return false;
        }
        self.owner = owner.clone();
        self.version += 1;
        self.updated_at = at;
        true
    }

    fn changed(&mut self, at: DateTime<Utc>) -> Result<(), ShopperError> {
        self.cost()?;
        self.version += 1;
        self.updated_at = at;
        Ok(())
    }

    pub fn must_be_open(&self) -> Result<(), ShopperError> {
        let message = match self.state {
            CartState::Open => return Ok(()),
            CartState::CheckingOut => "A checkout of this cart is running.",
            CartState::Closed => "This cart has become an order. Start a new one.",
            CartState::Merged => "This cart went into another one. Go on with that.",
        };
        Err(ShopperError::coded(UserErrorCode::CartClosed, message, &["cartId"]))
    }

    pub fn must_be_at(&self, version: i32, field: &str) -> Result<(), ShopperError> {
        if self.version == version {
            return Ok(());
        }
        let message = "The cart has changed meanwhile. Look at it again.";
        Err(ShopperError::coded(UserErrorCode::VersionConflict, message, &[field]))
    }

    /// What the lines cost at the prices that were shown.
    pub fn cost(&self) -> Result<Cost, MoneyError> {
        Cost::try_new(self.subtotal()?, None)
    }

    /// The same with the chosen delivery, at its price of now.
    pub fn cost_delivered(&self, rates: &[DeliveryRate]) -> Result<Cost, MoneyError> {
        Cost::try_new(self.subtotal()?, self.rate(rates).map(|rate| rate.price))
    }

    fn subtotal(&self) -> Result<Money, MoneyError> {
        self.lines.iter().try_fold(Money::zero(self.currency), |sum, line| sum.plus(line.total()?))
    }

    pub fn weight_grams(&self) -> u64 {
        let weigh =
            |line: &CartLine| u64::from(line.weight_grams.unwrap_or(ASSUMED_GRAMS)) * u64::from(line.quantity.get());
        self.lines.iter().map(weigh).sum()
    }
}
