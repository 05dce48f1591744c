use async_graphql::{Enum, ID, SimpleObject};
use vocab::Money;

use crate::order_balance::{Rule, Violation};

/// Something that does not add up.
#[derive(SimpleObject)]
pub struct MoneyViolation {
    /// Which rule is broken.
    rule: MoneyRule,
    /// The order that breaks it.
    order_id: ID,
    /// What our books say.
    found: Money,
    /// What they should say.
    expected: Money,
    /// What is wrong, for people.
    message: String,
}

/// What must hold of the money of every order. More rules may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum MoneyRule {
    /// What was captured and not given back is what the order owes.
    PaidIsOwed,
    /// Every event takes from its accounts what it puts on others.
    EventSumsToZero,
    /// The gateway has captured what our books say.
    CapturedAtGateway,
    /// The gateway has refunded what our books say.
    RefundedAtGateway,
    /// The gateway has captured at most one charge for the order.
    ChargedOnce,
}

impl MoneyViolation {
    pub fn of(violation: Violation) -> Self {
        let Violation { rule, order_id, found, expected, message } = violation;
        let rule = match rule {
            Rule::Owed => MoneyRule::PaidIsOwed,
            Rule::Event => MoneyRule::EventSumsToZero,
            Rule::GatewayCaptured => MoneyRule::CapturedAtGateway,
            Rule::GatewayRefunded => MoneyRule::RefundedAtGateway,
            Rule::OneCharge => MoneyRule::ChargedOnce,
        };
        Self { rule, order_id: ID(order_id.to_string()), found, expected, message }
    }
}
