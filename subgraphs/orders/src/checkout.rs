//! A checkout: from the submitted cart to an order that stands or is taken back.

use chrono::{DateTime, Utc};
use kit::Owner;
use vocab::{
    Address, CartId, CheckoutId, CurrencyCode, Email, Money, MoneyError, OrderId, OrderLineId, OrderNumber, Quantity,
    UserErrorCode,
};

use crate::cart::{Cart, CartLine, Offers};
use crate::cost::Cost;
use crate::delivery::{self, ASSUMED_GRAMS, Delivery, DeliveryRate};
use crate::order::{Lifecycle, Order, OrderLine};
use crate::saga::{Phase, State};
use crate::shopper_error::ShopperError;

#[derive(Clone, Debug)]
pub struct Checkout {
    pub id: CheckoutId,
    pub order_id: OrderId,
    pub cart_id: CartId,
    pub owner: Owner,
    /// What authorizes the payment. Deleted once there is nothing more to authorize.
    pub payment_method_token: Option<String>,
    pub saga: State,
    /// Fences the row: who decides on an older version starts over.
    pub version: i32,
    pub started_at: DateTime<Utc>,
}

impl Checkout {
    /// Whether the shopper has nothing left to wait for.
    pub fn settled(&self) -> bool {
        matches!(self.saga.course, Phase::Confirmed | Phase::Cancelled)
    }

    /// When to look again: soon at first, then ever more patiently. None when it is settled.
    pub fn next_poll_ms(&self) -> Option<u32> {
        let attempt = self.saga.awaiting.as_ref().map_or(1, |awaited| awaited.attempt);
        (!self.settled()).then(|| (400 << (attempt - 1).min(4)).min(5_000))
    }
}

/// What a shopper submits.
#[derive(Clone)]
pub struct Submission {
    pub cart_version: i32,
    pub expected_total: Money,
    pub address: Address,
    pub delivery_method: String,
    pub payment_method_token: String,
    pub email: Email,
}

impl Submission {
    /// The order that the cart becomes at the prices of now, if that is what the shopper was shown; or all that is in the
    /// way of it. Whether `number` is free is for the database to say.
    pub fn order(
        &self,
        cart: &Cart,
        offers: &Offers,
        rates: &[DeliveryRate],
        number: OrderNumber,
        at: DateTime<Utc>,
    ) -> Result<Order, Vec<ShopperError>> {
        cart.must_be_open()?;
        cart.must_be_at(self.cart_version, "cartVersion")?;
        if cart.lines.is_empty() {
            return Err(
                ShopperError::coded(UserErrorCode::CartEmpty, "There is nothing in the cart.", &["cartId"]).into()
            );
        }
        let mut refused = Vec::from_iter(self.must_pay_in(cart.currency).err());
        let lines: Vec<OrderLine> = cart
            .lines
            .iter()
            .filter_map(|line| order_line(line, offers).map_err(|refusal| refused.push(refusal)).ok())
            .collect();
        // What is too heavy without the lines that cannot be had is so with them.
        let rate = self.delivery(&lines, rates, cart.currency).map_err(|refusal| refused.push(refusal));
        let Some(rate) = rate.ok().filter(|_| refused.is_empty()) else { return Err(refused) };
        let cost = cost(&lines, cart.currency, rate.price).map_err(ShopperError::from)?;
        if cost.total != self.expected_total {
            return Err(ShopperError::TotalChanged { was: self.expected_total, now: cost.total }.into());
        }
        Ok(Order {
            id: OrderId::generate(),
            number: number.into(),
            owner: cart.owner.clone(),
            owner_version: 0,
            email: self.email.clone(),
            lifecycle: Lifecycle::Placed,
            version: 0,
            placed_at: at,
            confirmed_at: None,
            address: self.address.clone(),
            delivery_method: rate.method.clone(),
            cost,
            lines,
        })
    }

    fn must_pay_in(&self, currency: CurrencyCode) -> Result<(), ShopperError> {
        if self.expected_total.currency == currency {
            return Ok(());
        }
        let message = format!("The cart is in {currency}.");
        Err(ShopperError::coded(UserErrorCode::CurrencyMismatch, message, &["expectedTotal"]))
    }

    fn delivery<'a>(
        &self,
        lines: &[OrderLine],
        rates: &'a [DeliveryRate],
        currency: CurrencyCode,
    ) -> Result<&'a DeliveryRate, ShopperError> {
        let weight = lines.iter().map(|line| u64::from(line.weight_grams) * u64::from(line.quantity)).sum();
        let wanted = Delivery { country: self.address.country.clone(), method: self.delivery_method.clone() };
        delivery::find(rates, &wanted, weight, currency)
            .map_err(|none| none.refusal(&wanted.country, &["shippingAddress", "country"], &["shippingMethod"]))
    }
}

fn order_line(line: &CartLine, offers: &Offers) -> Result<OrderLine, ShopperError> {
    let Some(offer) = offers.get(&line.variant_id).filter(|offer| !offer.removed) else {
        let message = format!("{} is not sold any more: take it out of the cart.", line.title);
        return Err(ShopperError::coded(UserErrorCode::NotFound, message, &["cartId"]));
    };
    // A cart may be older than the limit.
    if line.quantity.get() > Quantity::MOST_PER_ORDER {
        return Err(ShopperError::quantity_limit(&offer.title, &["cartId"]));
    }
    Ok(OrderLine {
        id: OrderLineId::generate(),
        variant_id: line.variant_id.clone(),
        product_id: line.product_id.clone(),
        sku: offer.sku.clone(),
        title: offer.title.clone(),
        options: offer.options.clone(),
        unit: offer.price,
        weight_grams: offer.weight_grams.unwrap_or(ASSUMED_GRAMS),
        quantity: line.quantity.get(),
    })
}

fn cost(lines: &[OrderLine], currency: CurrencyCode, delivery: Money) -> Result<Cost, MoneyError> {
    let mut subtotal = Money::zero(currency);
    for line in lines {
        subtotal = subtotal.plus(line.total()?)?;
    }
    Cost::try_new(subtotal, Some(delivery))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cart::tests::{a_cart, noon, offer, offers};
    use crate::offer::Offer;
    use crate::order::tests::an_order;

    fn rates() -> Vec<DeliveryRate> {
        vec![DeliveryRate {
            country: "US".into(),
            method: "standard".into(),
            name: "Standard".into(),
            max_weight_grams: 1_000,
            price: Money::new(500, CurrencyCode::USD),
            min_days: 3,
            max_days: 5,
        }]
    }

    fn number() -> OrderNumber {
        OrderNumber::of_bits(1)
    }

    fn submission(total: i64) -> Submission {
        Submission {
            cart_version: 1,
            expected_total: Money::new(total, CurrencyCode::USD),
            address: an_order().address,
            delivery_method: "standard".into(),
            payment_method_token: "pm_card_visa".into(),
            email: an_order().email,
        }
    }

    fn code(refused: ShopperError) -> UserErrorCode {
        match refused {
            ShopperError::Invalid(invalid) => invalid.code,
            ShopperError::TotalChanged { .. } => UserErrorCode::TotalChanged,
            ShopperError::ShippingRefused { .. } => UserErrorCode::ShippingRefused,
            ShopperError::QuantityLimit { .. } => UserErrorCode::QuantityLimit,
        }
    }

    #[test]
    fn an_order_costs_its_lines_and_its_delivery() {
        let offers = offers([offer("a", 1_000)]);
        let order = submission(2_500).order(&a_cart(&[("a", 2)], &offers), &offers, &rates(), number(), noon());
        let cost = order.expect("as shown").cost;
        assert_eq!((cost.subtotal.minor, cost.shipping.map(|money| money.minor)), (2_000, Some(500)));
    }

    #[test]
    fn a_total_other_than_shown_names_both() {
        let shown = offers([offer("a", 1_000)]);
        let cart = a_cart(&[("a", 2)], &shown);
        let refused = submission(2_500).order(&cart, &offers([offer("a", 1_100)]), &rates(), number(), noon());
        let usd = |minor| Money::new(minor, CurrencyCode::USD);
        assert_eq!(refused, Err(vec![ShopperError::TotalChanged { was: usd(2_500), now: usd(2_700) }]));
    }

    #[test]
    fn what_cannot_become_an_order_says_why() {
        let stock = offers([offer("a", 1_000)]);
        let cart = a_cart(&[("a", 2)], &stock);
        let refuse = |submission: Submission, cart: &Cart, offers: &Offers| {
            let mut refused = submission.order(cart, offers, &rates(), number(), noon()).expect_err("refused");
            assert_eq!(refused.len(), 1, "{refused:?}");
            code(refused.remove(0))
        };
        let empty = Cart { lines: vec![], ..cart.clone() };
        assert_eq!(refuse(submission(500), &empty, &stock), UserErrorCode::CartEmpty);
        let late = Submission { cart_version: 0, ..submission(2_500) };
        assert_eq!(refuse(late, &cart, &stock), UserErrorCode::VersionConflict);
        let euro = Submission { expected_total: Money::new(2_500, CurrencyCode::EUR), ..submission(0) };
        assert_eq!(refuse(euro, &cart, &stock), UserErrorCode::CurrencyMismatch);
        let gone = offers([Offer { removed: true, ..offer("a", 1_000) }]);
        assert_eq!(refuse(submission(2_500), &cart, &gone), UserErrorCode::NotFound);
        let drone = Submission { delivery_method: "drone".into(), ..submission(2_500) };
        assert_eq!(refuse(drone, &cart, &stock), UserErrorCode::ShippingRefused);
        let heavy = a_cart(&[("a", 3)], &stock);
        assert_eq!(refuse(submission(3_500), &heavy, &stock), UserErrorCode::ShippingRefused);
    }
    #[test]
    fn everything_that_is_in_the_way_of_an_order_is_told_at_once() {
        let stock = offers([offer("a", 1_000), offer("b", 1_000), offer("c", 1_000)]);
        let cart = a_cart(&[("a", 1), ("b", 1), ("c", 1)], &stock);
        let gone = |key: &str| Offer { removed: true, ..offer(key, 1_000) };
        let now = offers([gone("a"), offer("b", 1_000), gone("c")]);
        let address = vocab::Address { country: "BR".into(), ..an_order().address };
        let submission = Submission { address, expected_total: Money::new(1, CurrencyCode::EUR), ..submission(0) };
        let refused = submission.order(&cart, &now, &[], number(), noon()).expect_err("refused");
        let codes: Vec<UserErrorCode> = refused.into_iter().map(code).collect();
        let not_found = UserErrorCode::NotFound;
        assert_eq!(codes, [UserErrorCode::CurrencyMismatch, not_found, not_found, UserErrorCode::ShippingRefused]);
    }
}
