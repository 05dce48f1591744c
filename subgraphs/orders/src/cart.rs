//! A cart: lines with prices as they were shown, and the rules of changing them.

mod issue;
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
use crate::refusal::Refusal;

pub use issue::{CartIssue, FreeUnits};
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

/// Units to add.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub variant_id: VariantId,
    pub quantity: Quantity,
}

/// What a line is to hold from now on. None takes it out.
#[derive(Clone, Debug)]
pub struct Setting {
    pub line_id: CartLineId,
    pub quantity: Option<Quantity>,
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

/// As many units as one order takes, and no more.
fn in_one_order(units: u32, title: &str, index: &str) -> Result<Quantity, Refusal> {
    let limit = || Refusal::quantity_limit(title, &["lines", index, "quantity"]);
    if units > Quantity::MOST_PER_ORDER {
        return Err(limit());
    }
    Quantity::try_new(units).map_err(|refused| Refusal::invalid(refused, &["lines", index, "quantity"]))
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

    /// Adds units; a variant that is in the cart already gets more of them. Adding commutes.
    pub fn add(&mut self, wanted: &[Wanted], offers: &Offers, at: DateTime<Utc>) -> Result<(), Refusal> {
        self.must_be_open()?;
        for (index, one) in wanted.iter().enumerate() {
            self.add_one(one, &index.to_string(), offers)?;
        }
        if self.lines.len() > MOST_LINES {
            return Err(Refusal::invalid(format!("A cart holds at most {MOST_LINES} lines."), &["lines"]));
        }
        self.changed(at)
    }

    fn add_one(&mut self, wanted: &Wanted, index: &str, offers: &Offers) -> Result<(), Refusal> {
        let Some(offer) = offers.get(&wanted.variant_id).filter(|offer| !offer.removed) else {
            let message = "This is not for sale, or not any more.";
            return Err(Refusal::coded(UserErrorCode::NotFound, message, &["lines", index, "variantId"]));
        };
        if self.lines.is_empty() {
            self.currency = offer.price.currency;
        }
        if offer.price.currency != self.currency {
            let message = format!("{} costs {}, and the cart is in {}.", offer.title, offer.price, self.currency);
            return Err(Refusal::coded(UserErrorCode::CurrencyMismatch, message, &["lines", index, "variantId"]));
        }
        match self.lines.iter_mut().find(|line| line.variant_id == wanted.variant_id) {
            Some(line) => {
                line.quantity = in_one_order(line.quantity.get() + wanted.quantity.get(), &offer.title, index)?;
                line.reprice(offer);
            }
            None => {
                let quantity = in_one_order(wanted.quantity.get(), &offer.title, index)?;
                self.lines.push(CartLine::of(offer, quantity));
            }
        }
        Ok(())
    }

    /// Sets or takes out lines, each by itself: whatever became of other lines meanwhile, unless the change names the
    /// version that it must land on. A line that is set, be it to what it was, takes the price of now.
    pub fn set(
        &mut self,
        version: Option<i32>,
        settings: &[Setting],
        offers: &Offers,
        at: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        self.must_be_open()?;
        if let Some(version) = version {
            self.must_be_at(version, "version")?;
        }
        let mut touched = false;
        for (index, setting) in settings.iter().enumerate() {
            touched |= self.set_one(setting, &index.to_string(), offers)?;
        }
        if touched { self.changed(at) } else { Ok(()) }
    }

    /// False when the line is gone already, as it is to be.
    fn set_one(&mut self, setting: &Setting, index: &str, offers: &Offers) -> Result<bool, Refusal> {
        let position = self.lines.iter().position(|line| line.id == setting.line_id);
        let (position, quantity) = match (position, setting.quantity) {
            (Some(position), Some(quantity)) => (position, quantity),
            (Some(position), None) => {
                self.lines.remove(position);
                return Ok(true);
            }
            (None, None) => return Ok(false),
            (None, Some(_)) => {
                let message = "This is not in the cart any more.";
                return Err(Refusal::coded(UserErrorCode::NotFound, message, &["lines", index, "lineId"]));
            }
        };
        let line = &mut self.lines[position];
        line.quantity = in_one_order(quantity.get(), &line.title, index)?;
        let offer = offers.get(&line.variant_id).filter(|offer| !offer.removed);
        if let Some(offer) = offer.filter(|offer| offer.price.currency == self.currency) {
            line.reprice(offer);
        }
        Ok(true)
    }

    /// Chooses how it is delivered, if these rates have a price for it.
    pub fn choose(&mut self, delivery: Delivery, rates: &[DeliveryRate], at: DateTime<Utc>) -> Result<(), Refusal> {
        self.must_be_open()?;
        if self.delivery.as_ref() == Some(&delivery) && self.rate(rates).is_some() {
            return Ok(());
        }
        self.delivery = Some(delivery);
        if self.rate(rates).is_none() {
            let message = "This cart cannot be delivered in this way. Choose another.".to_owned();
            return Err(Refusal::ShippingRefused { message, path: vec!["method".into()] });
        }
        self.cost_delivered(rates)?;
        self.changed(at)
    }

    /// What the chosen delivery costs; None when nothing is chosen, or it cannot be had.
    pub fn rate<'a>(&self, rates: &'a [DeliveryRate]) -> Option<&'a DeliveryRate> {
        let chosen = self.delivery.as_ref()?;
        let options = delivery::options(rates, self.weight_grams(), self.currency);
        options.into_iter().find(|rate| rate.country == chosen.country && rate.method == chosen.method)
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

    fn changed(&mut self, at: DateTime<Utc>) -> Result<(), Refusal> {
        self.cost()?;
        self.version += 1;
        self.updated_at = at;
        Ok(())
    }

    pub fn must_be_open(&self) -> Result<(), Refusal> {
        let message = match self.state {
            CartState::Open => return Ok(()),
            CartState::CheckingOut => "A checkout of this cart is running.",
            CartState::Closed => "This cart has become an order. Start a new one.",
            CartState::Merged => "This cart went into another one. Go on with that.",
        };
        Err(Refusal::coded(UserErrorCode::CartClosed, message, &["cartId"]))
    }

    pub fn must_be_at(&self, version: i32, field: &str) -> Result<(), Refusal> {
        if self.version == version {
            return Ok(());
        }
        let message = "The cart has changed meanwhile. Look at it again.";
        Err(Refusal::coded(UserErrorCode::VersionConflict, message, &[field]))
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
