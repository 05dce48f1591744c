//! What the shopper should know about a cart before paying.

use std::collections::HashMap;

use vocab::{CartLineId, Money, VariantId};

use super::{Cart, CartLine, CartState, Offers};
use crate::delivery::{Delivery, DeliveryRate};

/// How many units of each variant anybody could take, as the inventory last said. Of most variants it says nothing new
/// while there are plenty.
pub type FreeUnits = HashMap<VariantId, i64>;

/// What the shopper should know before paying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CartIssue {
    PriceChanged { line_id: CartLineId, title: String, was: Money, now: Money },
    Unavailable { line_id: CartLineId, title: String },
    LowStock { line_id: CartLineId, title: String, available: i64 },
    OutOfStock { line_id: CartLineId, title: String },
    DeliveryUnavailable { delivery: Delivery },
}

impl Cart {
    /// Where the cart and the shop of now differ, line by line.
    pub fn issues(&self, offers: &Offers, free: &FreeUnits) -> Vec<CartIssue> {
        let mut issues = Vec::new();
        for line in &self.lines {
            let (line_id, title) = (line.id.clone(), line.title.clone());
            let Some(offer) = offers.get(&line.variant_id).filter(|offer| !offer.removed) else {
                issues.push(CartIssue::Unavailable { line_id, title });
                continue;
            };
            if offer.price != line.unit {
                issues.push(CartIssue::PriceChanged { line_id, title, was: line.unit, now: offer.price });
            }
            issues.extend(self.shortage(line, free));
        }
        issues
    }

    /// A cart in checkout holds its units, and they are free to nobody else: they are not missing.
    fn shortage(&self, line: &CartLine, free: &FreeUnits) -> Option<CartIssue> {
        let available = *free.get(&line.variant_id)?;
        if self.state != CartState::Open || available >= i64::from(line.quantity.get()) {
            return None;
        }
        let (line_id, title) = (line.id.clone(), line.title.clone());
        Some(match available {
            ..=0 => CartIssue::OutOfStock { line_id, title },
            _ => CartIssue::LowStock { line_id, title, available },
        })
    }

    /// Whether the chosen delivery cannot be had any more.
    pub fn delivery_issue(&self, rates: &[DeliveryRate]) -> Option<CartIssue> {
        let delivery = self.delivery.clone()?;
        self.rate(rates).is_none().then_some(CartIssue::DeliveryUnavailable { delivery })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cart::tests::{a_cart, offer, offers};

    #[test]
    fn a_line_that_wants_more_than_is_free_says_how_much_there_is() {
        let offers = offers([offer("a", 1), offer("b", 1), offer("c", 1), offer("d", 1)]);
        let cart = a_cart(&[("a", 3), ("b", 3), ("c", 3), ("d", 3)], &offers);
        let free: FreeUnits = [("a", 3), ("b", 2), ("c", 0)].map(|(key, free)| (VariantId::of_key(key), free)).into();
        let issues = cart.issues(&offers, &free);
        let [CartIssue::LowStock { available: 2, .. }, CartIssue::OutOfStock { title, .. }] = &issues[..] else {
            panic!("{issues:?}");
        };
        assert_eq!(title, "Thing c");
        let held = Cart { state: CartState::CheckingOut, ..cart };
        assert_eq!(held.issues(&offers, &free), []);
    }
}
