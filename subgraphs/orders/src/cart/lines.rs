//! What shoppers ask of a cart's lines. Whatever is wrong with any of them is told at once.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use vocab::{CartLineId, Quantity, UserErrorCode, VariantId, WrongId};

use super::{Cart, CartLine, MOST_LINES, Offers};
use crate::offer::Offer;
use crate::shopper_error::ShopperError;

/// Units to add, as somebody asked for them.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub variant_id: Result<VariantId, WrongId>,
    pub units: i32,
}

/// What a line is to hold from now on, as somebody asked for it. No units take it out.
#[derive(Clone, Debug)]
pub struct Setting {
    pub line_id: Result<CartLineId, WrongId>,
    pub units: i32,
}

impl Wanted {
    /// What is wrong with some of them, whatever there is to buy.
    pub fn flaws(wanted: &[Self]) -> Vec<ShopperError> {
        let flaws = |(index, one): (usize, &Self)| {
            let index = index.to_string();
            one.variant(&index).err().into_iter().chain(quantity(one.units, &index).err())
        };
        wanted.iter().enumerate().flat_map(flaws).collect()
    }

    fn variant(&self, index: &str) -> Result<&VariantId, ShopperError> {
        self.variant_id.as_ref().map_err(|wrong| ShopperError::invalid(wrong, &["lines", index, "variantId"]))
    }
}

impl Setting {
    /// What is wrong with some of them, whatever there is in the cart.
    pub fn flaws(settings: &[Self]) -> Vec<ShopperError> {
        let (mut seen, mut flaws) = (HashSet::new(), Vec::new());
        for (index, one) in settings.iter().enumerate() {
            let index = index.to_string();
            flaws.extend(one.line(&mut seen, &index).err());
            flaws.extend(one.quantity(&index).err());
        }
        flaws
    }

    /// A line that no earlier setting of the request, whose lines are in `seen`, has named.
    fn line<'a>(&'a self, seen: &mut HashSet<&'a CartLineId>, index: &str) -> Result<&'a CartLineId, ShopperError> {
        let path = ["lines", index, "lineId"];
        let line = self.line_id.as_ref().map_err(|wrong| ShopperError::invalid(wrong, &path))?;
        if seen.insert(line) {
            Ok(line)
        } else {
            Err(ShopperError::invalid("A line is set once in one request.", &path))
        }
    }

    /// None for a line that goes.
    fn quantity(&self, index: &str) -> Result<Option<Quantity>, ShopperError> {
        if self.units == 0 { Ok(None) } else { quantity(self.units, index).map(Some) }
    }
}

fn quantity(units: i32, index: &str) -> Result<Quantity, ShopperError> {
    // Whatever is too much for one order is so as well when no order could count it.
    let units = units.min(Quantity::MOST.cast_signed());
    Quantity::try_new(units).map_err(|wrong| ShopperError::invalid(wrong, &["lines", index, "quantity"]))
}

/// As many units as one order takes, and no more.
fn in_one_order(units: u32, title: &str, index: &str) -> Result<Quantity, ShopperError> {
    let path = ["lines", index, "quantity"];
    if units > Quantity::MOST_PER_ORDER {
        return Err(ShopperError::quantity_limit(title, &path));
    }
    Quantity::try_new(units).map_err(|refused| ShopperError::invalid(refused, &path))
}

impl Cart {
    /// Adds units; a variant that is in the cart already gets more of them. Adding commutes. A cart that refuses is not to
    /// be kept.
    pub fn add(&mut self, wanted: &[Wanted], offers: &Offers, at: DateTime<Utc>) -> Result<(), Vec<ShopperError>> {
        self.must_be_open()?;
        let mut refused = Vec::new();
        for (index, one) in wanted.iter().enumerate() {
            refused.extend(self.add_one(one, &index.to_string(), offers).err().unwrap_or_default());
        }
        if self.lines.len() > MOST_LINES {
            refused.push(ShopperError::invalid(format!("A cart holds at most {MOST_LINES} lines."), &["lines"]));
        }
        if refused.is_empty() { Ok(self.changed(at)?) } else { Err(refused) }
    }

    fn add_one(&mut self, wanted: &Wanted, index: &str, offers: &Offers) -> Result<(), Vec<ShopperError>> {
        let offer = wanted.variant(index).and_then(|variant| self.on_offer(variant, index, offers));
        let (offer, quantity) = match (offer, quantity(wanted.units, index)) {
            (Ok(offer), Ok(quantity)) => (offer, quantity),
            (offer, quantity) => return Err(offer.err().into_iter().chain(quantity.err()).collect()),
        };
        match self.lines.iter_mut().find(|line| line.variant_id == offer.variant_id) {
            Some(line) => {
                line.quantity = in_one_order(line.quantity.get() + quantity.get(), &offer.title, index)?;
                line.reprice(offer);
            }
            None => {
                let quantity = in_one_order(quantity.get(), &offer.title, index)?;
                self.lines.push(CartLine::of(offer, quantity));
            }
        }
        Ok(())
    }

    /// What is for sale under a variant, in the currency of the cart: of the first thing in it.
    fn on_offer<'a>(
        &mut self,
        variant: &VariantId,
        index: &str,
        offers: &'a Offers,
    ) -> Result<&'a Offer, ShopperError> {
        let path = ["lines", index, "variantId"];
        let Some(offer) = offers.get(variant).filter(|offer| !offer.removed) else {
            return Err(ShopperError::coded(UserErrorCode::NotFound, "This is not for sale, or not any more.", &path));
        };
        if self.lines.is_empty() {
            self.currency = offer.price.currency;
        }
        if offer.price.currency != self.currency {
            let message = format!("{} costs {}, and the cart is in {}.", offer.title, offer.price, self.currency);
            return Err(ShopperError::coded(UserErrorCode::CurrencyMismatch, message, &path));
        }
        Ok(offer)
    }

    /// Sets or takes out lines, each by itself: whatever became of other lines meanwhile, unless the change names the
    /// version that it must land on. A line that is set, be it to what it was, takes the price of now. A cart that refuses
    /// is not to be kept.
    pub fn set(
        &mut self,
        version: Option<i32>,
        settings: &[Setting],
        offers: &Offers,
        at: DateTime<Utc>,
    ) -> Result<(), Vec<ShopperError>> {
        self.must_be_open()?;
        if let Some(Err(conflict)) = version.map(|version| self.must_be_at(version, "version")) {
            // The lines are others by now: of them only what is wrong in any cart.
            return Err(std::iter::once(conflict).chain(Setting::flaws(settings)).collect());
        }
        let (mut touched, mut seen, mut refused) = (false, HashSet::new(), Vec::new());
        for (index, setting) in settings.iter().enumerate() {
            match self.set_one(setting, &mut seen, &index.to_string(), offers) {
                Ok(changed) => touched |= changed,
                Err(flaws) => refused.extend(flaws),
            }
        }
        if !refused.is_empty() {
            return Err(refused);
        }
        if touched { Ok(self.changed(at)?) } else { Ok(()) }
    }

    /// False when the line is gone already, as it is to be.
    fn set_one<'a>(
        &mut self,
        setting: &'a Setting,
        seen: &mut HashSet<&'a CartLineId>,
        index: &str,
        offers: &Offers,
    ) -> Result<bool, Vec<ShopperError>> {
        let place = setting.line(seen, index).and_then(|line| {
            let place = self.lines.iter().position(|held| held.id == *line);
            let gone = || ShopperError::coded(UserErrorCode::NotFound, GONE, &["lines", index, "lineId"]);
            if place.is_none() && setting.units != 0 { Err(gone()) } else { Ok(place) }
        });
        let (place, quantity) = match (place, setting.quantity(index)) {
            (Ok(place), Ok(quantity)) => (place, quantity),
            (place, quantity) => return Err(place.err().into_iter().chain(quantity.err()).collect()),
        };
        let Some(place) = place else { return Ok(false) };
        let Some(quantity) = quantity else {
            self.lines.remove(place);
            return Ok(true);
        };
        let line = &mut self.lines[place];
        line.quantity = in_one_order(quantity.get(), &line.title, index)?;
        let offer = offers.get(&line.variant_id).filter(|offer| !offer.removed);
        if let Some(offer) = offer.filter(|offer| offer.price.currency == self.currency) {
            line.reprice(offer);
        }
        Ok(true)
    }
}

const GONE: &str = "This is not in the cart any more.";
