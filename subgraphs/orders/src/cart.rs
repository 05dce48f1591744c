//! A cart: lines with prices as they were shown, and the rules of changing them.

mod issue;
mod merge;

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
            let message = format!("`{}` is not for sale.", wanted.variant_id);
            return Err(Refusal::coded(UserErrorCode::NotFound, message, &["lines", index, "variantId"]));
        };
        if self.lines.is_empty() {
            self.currency = offer.price.currency;
        }
        if offer.price.currency != self.currency {
            let message = format!("`{}` costs {}, the cart is in {}.", offer.sku, offer.price, self.currency);
            return Err(Refusal::coded(UserErrorCode::CurrencyMismatch, message, &["lines", index, "variantId"]));
        }
        match self.lines.iter_mut().find(|line| line.variant_id == wanted.variant_id) {
            Some(line) => {
                let sum = line.quantity.get() + wanted.quantity.get();
                line.quantity = Quantity::try_new(sum)
                    .map_err(|refused| Refusal::invalid(refused, &["lines", index, "quantity"]))?;
                line.reprice(offer);
            }
            None => self.lines.push(CartLine::of(offer, wanted.quantity)),
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
                let message = format!("There is no line `{}` in this cart.", setting.line_id);
                return Err(Refusal::coded(UserErrorCode::NotFound, message, &["lines", index, "lineId"]));
            }
        };
        let line = &mut self.lines[position];
        line.quantity = quantity;
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
        let Delivery { country, method } = &delivery;
        let message = format!("`{method}` does not deliver {} g to {country}.", self.weight_grams());
        self.delivery = Some(delivery);
        if self.rate(rates).is_none() {
            let message = format!("{message} Choose one of the cart's delivery options.");
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
        let message = format!("The cart is at version {}, not {version}: read it again.", self.version);
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn noon() -> DateTime<Utc> {
        DateTime::from_timestamp(1_767_614_400, 0).expect("a date in range")
    }

    pub(crate) fn offer(key: &str, minor: i64) -> Offer {
        Offer {
            variant_id: VariantId::of_key(key),
            product_id: vocab::ProductId::of_key(key),
            sku: key.to_uppercase(),
            title: format!("Thing {key}"),
            options: None,
            price: Money::new(minor, CurrencyCode::USD),
            weight_grams: Some(400),
            version: 1,
            removed: false,
        }
    }

    pub(crate) fn offers(given: impl IntoIterator<Item = Offer>) -> Offers {
        given.into_iter().map(|offer| (offer.variant_id.clone(), offer)).collect()
    }

    fn wanted(key: &str, units: u32) -> Wanted {
        Wanted { variant_id: VariantId::of_key(key), quantity: Quantity::try_new(units).expect("a quantity in range") }
    }

    pub(crate) fn a_cart(lines: &[(&str, u32)], offers: &Offers) -> Cart {
        let mut cart = Cart::open(CartId::of_key("1"), Owner::user("user_1"), CurrencyCode::USD, noon());
        let lines: Vec<Wanted> = lines.iter().map(|&(key, units)| wanted(key, units)).collect();
        cart.add(&lines, offers, noon()).expect("the lines fit");
        cart
    }

    fn code(refused: Refusal) -> (UserErrorCode, Vec<String>) {
        match refused {
            Refusal::Invalid(invalid) => (invalid.code, invalid.path),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_same_variant_adds_up_in_one_line() {
        let cart = a_cart(&[("a", 2), ("b", 1), ("a", 3)], &offers([offer("a", 1_000), offer("b", 250)]));
        let lines: Vec<_> = cart.lines.iter().map(|line| (line.sku.as_str(), line.quantity.get())).collect();
        assert_eq!(lines, [("A", 5), ("B", 1)]);
        assert_eq!(cart.cost().expect("small").total, Money::new(5_250, CurrencyCode::USD));
        assert_eq!((cart.weight_grams(), cart.version), (2_400, 1));
    }

    #[test]
    fn a_line_holds_at_most_999_units_and_a_cart_100_lines() {
        let many: Vec<Offer> = (0..=MOST_LINES).map(|index| offer(&index.to_string(), 1)).collect();
        let lines: Vec<Wanted> = many.iter().map(|offer| wanted(&offer.variant_id.as_str()[4..], 1)).collect();
        let offers = offers(many);
        let mut cart = a_cart(&[("1", 999)], &offers);
        let refused = cart.add(&[wanted("1", 1)], &offers, noon()).expect_err("a thousand");
        assert_eq!(code(refused), (UserErrorCode::InvalidInput, vec!["lines".into(), "0".into(), "quantity".into()]));
        let mut cart = a_cart(&[("0", 1)], &offers);
        let refused = cart.add(&lines, &offers, noon()).expect_err("101 lines");
        assert_eq!(code(refused), (UserErrorCode::InvalidInput, vec!["lines".into()]));
    }

    #[test]
    fn two_currencies_never_meet_in_one_cart() {
        let euro = Offer { price: Money::new(1, CurrencyCode::EUR), ..offer("e", 1) };
        let offers = offers([offer("a", 1_000), euro]);
        let mut cart = a_cart(&[("a", 1)], &offers);
        let refused = cart.add(&[wanted("e", 1)], &offers, noon()).expect_err("euro");
        assert_eq!(code(refused).0, UserErrorCode::CurrencyMismatch);
    }

    #[test]
    fn what_is_not_for_sale_is_not_added() {
        let gone = Offer { removed: true, ..offer("g", 1) };
        let offers = offers([offer("a", 1), gone]);
        let mut cart = a_cart(&[("a", 1)], &offers);
        for key in ["g", "nowhere"] {
            let refused = cart.add(&[wanted("a", 1), wanted(key, 1)], &offers, noon()).expect_err(key);
            let path = vec!["lines".into(), "1".into(), "variantId".into()];
            assert_eq!(code(refused), (UserErrorCode::NotFound, path));
        }
    }

    #[test]
    fn a_changed_price_is_an_issue_until_the_line_is_set_again() {
        let mut cart = a_cart(&[("a", 2), ("b", 1)], &offers([offer("a", 1_000), offer("b", 10)]));
        let now = offers([offer("a", 1_200), Offer { removed: true, ..offer("b", 10) }]);
        let issues = cart.issues(&now, &FreeUnits::new());
        assert!(matches!(&issues[..], [CartIssue::PriceChanged { .. }, CartIssue::Unavailable { .. }]), "{issues:?}");
        assert_eq!(cart.cost().expect("small").total.minor, 2_010);
        let settings = [
            Setting { line_id: cart.lines[0].id.clone(), quantity: Some(cart.lines[0].quantity) },
            Setting { line_id: cart.lines[1].id.clone(), quantity: None },
        ];
        cart.set(Some(1), &settings, &now, noon()).expect("both lines are there");
        assert_eq!(cart.issues(&now, &FreeUnits::new()), []);
        assert_eq!(cart.cost().expect("small").total.minor, 2_400);
    }

    #[test]
    fn a_change_on_an_old_version_is_refused() {
        let offers = offers([offer("a", 1)]);
        let mut cart = a_cart(&[("a", 1)], &offers);
        let refused = cart.set(Some(0), &[], &offers, noon()).expect_err("version 1 by now");
        assert_eq!(code(refused).0, UserErrorCode::VersionConflict);
    }

    #[test]
    fn a_cart_in_checkout_or_closed_takes_no_changes() {
        let offers = offers([offer("a", 1)]);
        for state in [CartState::CheckingOut, CartState::Closed, CartState::Merged] {
            let mut cart = Cart { state, ..a_cart(&[("a", 1)], &offers) };
            assert_eq!(code(cart.add(&[], &offers, noon()).expect_err("closed")).0, UserErrorCode::CartClosed);
            assert_eq!(code(cart.set(None, &[], &offers, noon()).expect_err("closed")).0, UserErrorCode::CartClosed);
        }
    }

    #[test]
    fn a_line_is_set_whatever_became_of_the_others() {
        let offers = offers([offer("a", 1_000), offer("b", 250)]);
        let mut cart = a_cart(&[("a", 1), ("b", 1)], &offers);
        let (a, b) = (cart.lines[0].id.clone(), cart.lines[1].id.clone());
        let set = |line: &CartLineId, units: Option<i32>| Setting {
            line_id: line.clone(),
            quantity: units.map(|units| Quantity::try_new(units).expect("a quantity in range")),
        };
        cart.set(None, &[set(&a, None)], &offers, noon()).expect("out");
        cart.set(None, &[set(&b, Some(7))], &offers, noon()).expect("set");
        assert_eq!((cart.lines.len(), cart.lines[0].quantity.get(), cart.version), (1, 7, 3));
        cart.set(None, &[set(&a, None)], &offers, noon()).expect("it is gone already");
        assert_eq!(cart.version, 3, "nothing has changed");
        cart.set(None, &[set(&a, None), set(&b, Some(8))], &offers, noon()).expect("one is gone, one is set");
        assert_eq!((cart.lines[0].quantity.get(), cart.version), (8, 4));
        let refused = cart.set(None, &[set(&a, Some(1))], &offers, noon()).expect_err("there is no such line");
        assert_eq!(code(refused), (UserErrorCode::NotFound, vec!["lines".into(), "0".into(), "lineId".into()]));
    }

    #[test]
    fn claiming_twice_changes_nothing_the_second_time() {
        let mut cart = a_cart(&[("a", 1)], &offers([offer("a", 1)]));
        assert!(cart.claim(&Owner::user("user_2"), noon()));
        assert!(!cart.claim(&Owner::user("user_2"), noon()));
        assert_eq!(cart.version, 2);
    }

    #[test]
    fn a_total_too_large_is_refused_and_never_wraps() {
        let offers = offers([offer("a", i64::MAX / 2)]);
        let mut cart = a_cart(&[("a", 2)], &offers);
        let refused = cart.add(&[wanted("a", 1)], &offers, noon()).expect_err("too much");
        assert_eq!(code(refused).0, UserErrorCode::InvalidInput);
    }
}
