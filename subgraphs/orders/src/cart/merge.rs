//! A cart takes over the lines of another.

use chrono::{DateTime, Utc};
use kit::Owner;
use vocab::{CartLineId, Quantity};

use super::{Cart, CartLine, CartState, MOST_LINES};

/// Why two carts cannot be one without losing something. For people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptApart {
    Currencies,
    Quantity,
    Lines,
    Total,
}

impl Cart {
    /// This cart with the lines of `other` added, quantities summed up. A variant that is in both keeps the price that it
    /// shows here. Nothing is ever dropped to make it fit.
    pub fn merged(&self, other: &Self, at: DateTime<Utc>) -> Result<Self, KeptApart> {
        let mut merged = self.clone();
        if merged.lines.is_empty() {
            merged.currency = other.currency;
        }
        if merged.currency != other.currency && !other.lines.is_empty() {
            return Err(KeptApart::Currencies);
        }
        for line in &other.lines {
            match merged.lines.iter_mut().find(|mine| mine.variant_id == line.variant_id) {
                Some(mine) => {
                    let sum = mine.quantity.get() + line.quantity.get();
                    if sum > Quantity::MOST_PER_ORDER {
                        return Err(KeptApart::Quantity);
                    }
                    mine.quantity = Quantity::try_new(sum).map_err(|_too_many| KeptApart::Quantity)?;
                }
                None => merged.lines.push(CartLine { id: CartLineId::generate(), ..line.clone() }),
            }
        }
        if merged.lines.len() > MOST_LINES {
            return Err(KeptApart::Lines);
        }
        merged.delivery = merged.delivery.or_else(|| other.delivery.clone());
        merged.changed(at).map_err(|_too_much| KeptApart::Total)?;
        Ok(merged)
    }

    /// Closes a cart whose lines are in `target` now. It stays readable for its new owner.
    pub fn go_into(&mut self, target: &Self, owner: &Owner, at: DateTime<Utc>) {
        self.state = CartState::Merged;
        self.merged_into = Some(target.id.clone());
        self.claim(owner, at);
    }
}

#[cfg(test)]
mod tests {
    use vocab::{CurrencyCode, Money};

    use super::*;
    use crate::cart::tests::{a_cart, noon, offer, offers};

    #[test]
    fn a_merged_cart_holds_the_lines_of_both() {
        let offers = offers([offer("a", 1_000), offer("b", 250), offer("c", 10)]);
        let mine = a_cart(&[("a", 1), ("b", 1)], &offers);
        let other = a_cart(&[("c", 4), ("b", 2)], &offers);
        let merged = mine.merged(&other, noon()).expect("they fit");
        let lines: Vec<_> = merged.lines.iter().map(|line| (line.sku.as_str(), line.quantity.get())).collect();
        assert_eq!(lines, [("A", 1), ("B", 3), ("C", 4)]);
        assert_eq!((merged.id.clone(), merged.version), (mine.id.clone(), mine.version + 1));
        assert!(other.lines.iter().all(|line| merged.lines.iter().all(|theirs| theirs.id != line.id)));
    }

    #[test]
    fn carts_that_do_not_fit_are_kept_apart() {
        let many: Vec<_> = (0..101).map(|index| offer(&index.to_string(), 1)).collect();
        let keys: Vec<String> = (0..101).map(|index: i32| index.to_string()).collect();
        let mut offers = offers(many);
        let lines = |keys: &[String]| -> Vec<(String, i32)> { keys.iter().map(|key| (key.clone(), 1)).collect() };
        let cart = |lines: &[(String, i32)], offers: &crate::cart::Offers| {
            let lines: Vec<(&str, i32)> = lines.iter().map(|(key, units)| (key.as_str(), *units)).collect();
            a_cart(&lines, offers)
        };
        let (mine, other) = (cart(&lines(&keys[..60]), &offers), cart(&lines(&keys[60..]), &offers));
        assert_eq!(mine.merged(&other, noon()), Err(KeptApart::Lines));
        let (mine, other) = (a_cart(&[("0", 10)], &offers), a_cart(&[("0", 1)], &offers));
        assert_eq!(mine.merged(&other, noon()), Err(KeptApart::Quantity));
        let euro = crate::offer::Offer { price: Money::new(1, CurrencyCode::EUR), ..offer("e", 1) };
        offers.insert(euro.variant_id.clone(), euro);
        offers.extend([offer("x", i64::MAX - 1)].map(|offer| (offer.variant_id.clone(), offer)));
        let (dollars, euros) = (a_cart(&[("0", 2)], &offers), a_cart(&[("e", 1)], &offers));
        assert_eq!(dollars.merged(&euros, noon()), Err(KeptApart::Currencies));
        assert_eq!(a_cart(&[("x", 1)], &offers).merged(&dollars, noon()), Err(KeptApart::Total));
        let empty = Cart { lines: vec![], ..dollars };
        assert_eq!(empty.merged(&euros, noon()).expect("nothing is in the way").currency, CurrencyCode::EUR);
        assert_eq!(euros.merged(&empty, noon()).expect("nothing is added").lines, euros.lines);
    }
}
