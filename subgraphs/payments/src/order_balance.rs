//! The balance of an order, and the rule that it must meet: what was captured and not refunded is owed.

use vocab::{CurrencyCode, Money, OrderId};

use crate::gateway::GatewayBalance;

/// What our ledger says of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderBalance {
    pub order_id: OrderId,
    pub captured: Money,
    /// Refunded by the gateway, as a positive amount.
    pub refunded: Money,
    /// Refunded outside of the gateway, as a positive amount.
    pub settled: Money,
    pub owed: Money,
    /// Whether the order's checkout or cancellation is still under way, as far as we can tell.
    pub moving: bool,
}

/// What our books say of all orders in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    pub captured: Money,
    pub refunded: Money,
    pub settled: Money,
    pub owed: Money,
}

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    Owed,
    Event,
    GatewayCaptured,
    GatewayRefunded,
    OneCharge,
}

/// Something that does not add up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub rule: Rule,
    pub order_id: OrderId,
    pub found: Money,
    pub expected: Money,
    pub message: String,
}

impl OrderBalance {
    pub fn zero(order_id: OrderId, currency: CurrencyCode, moving: bool) -> Self {
        let nothing = Money::zero(currency);
        Self { order_id, captured: nothing, refunded: nothing, settled: nothing, owed: nothing, moving }
    }

    /// What the shop holds of the order's money.
    pub fn held(&self) -> Money {
        let given_back = self.refunded.minor.saturating_add(self.settled.minor);
        Money::new(self.captured.minor.saturating_sub(given_back), self.captured.currency)
    }

    pub fn adds_up(&self) -> bool {
        self.held() == self.owed
    }

    /// The rule that every order must meet.
    pub fn violation(&self) -> Violation {
        let (found, expected) = (self.held(), self.owed);
        Violation {
            rule: Rule::Owed,
            order_id: self.order_id.clone(),
            found,
            expected,
            message: format!("Captured less given back is {found}, owed is {expected}."),
        }
    }

    /// Where the gateway's books say otherwise. While the order moves, only two charges are sure to be wrong.
    pub fn against(&self, booked: Option<&GatewayBalance>) -> Vec<Violation> {
        let nothing = GatewayBalance::nothing(self.order_id.clone(), self.captured.currency);
        let booked = booked.unwrap_or(&nothing);
        let violation = |rule, found, expected, message| Violation {
            rule,
            order_id: self.order_id.clone(),
            found,
            expected,
            message,
        };
        let mut violations = Vec::new();
        if booked.charges > 1 {
            let message = format!("The gateway has captured {} charges for one order.", booked.charges);
            violations.push(violation(Rule::OneCharge, booked.captured, self.captured, message));
        }
        if self.moving {
            return violations;
        }
        for (rule, what, ours, theirs) in [
            (Rule::GatewayCaptured, "captured", self.captured, booked.captured),
            (Rule::GatewayRefunded, "refunded", self.refunded, booked.refunded),
        ] {
            if ours != theirs {
                let message = format!("Our books say that {ours} is {what}, the gateway's say {theirs}.");
                violations.push(violation(rule, ours, theirs, message));
            }
        }
        violations
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(minor: i64) -> Money {
        Money::new(minor, CurrencyCode::USD)
    }

    fn balance(captured: i64, refunded: i64, owed: i64) -> OrderBalance {
        let order_id = OrderId::of_key("1");
        let (captured, refunded, owed) = (usd(captured), usd(refunded), usd(owed));
        OrderBalance { order_id, captured, refunded, settled: usd(0), owed, moving: false }
    }

    fn booked(captured: i64, refunded: i64, charges: i64) -> GatewayBalance {
        GatewayBalance { order_id: OrderId::of_key("1"), captured: usd(captured), refunded: usd(refunded), charges }
    }

    fn rules(balance: &OrderBalance, booked: Option<&GatewayBalance>) -> Vec<Rule> {
        balance.against(booked).into_iter().map(|violation| violation.rule).collect()
    }

    #[test]
    fn what_is_captured_and_not_refunded_is_owed() {
        assert!(balance(4995, 0, 4995).adds_up() && balance(4995, 4995, 0).adds_up());
        assert!(!balance(4995, 0, 0).adds_up() && !balance(0, 0, 4995).adds_up());
    }

    #[test]
    fn the_gateway_says_the_same_or_is_named() {
        assert_eq!(rules(&balance(4995, 0, 4995), Some(&booked(4995, 0, 1))), []);
        assert_eq!(rules(&balance(4995, 0, 4995), None), [Rule::GatewayCaptured]);
        assert_eq!(rules(&balance(4995, 4995, 0), Some(&booked(4995, 0, 1))), [Rule::GatewayRefunded]);
        assert_eq!(rules(&balance(0, 0, 0), None), []);
    }

    #[test]
    fn two_charges_are_wrong_even_while_the_order_moves() {
        let moving = OrderBalance { moving: true, ..balance(4995, 0, 0) };
        assert_eq!(rules(&moving, Some(&booked(9990, 0, 2))), [Rule::OneCharge]);
        assert_eq!(rules(&moving, Some(&booked(0, 0, 0))), []);
    }
}
