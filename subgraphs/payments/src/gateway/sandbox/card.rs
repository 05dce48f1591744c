//! The tokens of Stripe's test mode, and what becomes of each.

use crate::payment::Decline;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Card {
    pub brand: &'static str,
    pub last4: &'static str,
}

const ACCEPTED: &[(&str, Card)] = &[
    ("pm_card_visa", Card { brand: "visa", last4: "4242" }),
    ("pm_card_visa_debit", Card { brand: "visa", last4: "5556" }),
    ("pm_card_mastercard", Card { brand: "mastercard", last4: "4444" }),
    ("pm_card_mastercard_debit", Card { brand: "mastercard", last4: "8210" }),
    ("pm_card_mastercard_prepaid", Card { brand: "mastercard", last4: "5100" }),
    ("pm_card_amex", Card { brand: "amex", last4: "8431" }),
    ("pm_card_discover", Card { brand: "discover", last4: "1117" }),
    ("pm_card_diners", Card { brand: "diners", last4: "0004" }),
    ("pm_card_jcb", Card { brand: "jcb", last4: "0505" }),
    ("pm_card_unionpay", Card { brand: "unionpay", last4: "0005" }),
];

/// What is declined, with the most telling of Stripe's two codes: the decline code, and `card_declined` where that is
/// only `generic_decline`. The words give nothing away that a thief could use.
const DECLINED: &[(&str, &str, &str)] = &[
    ("chargeDeclined", "card_declined", "Your card was declined."),
    ("chargeDeclinedInsufficientFunds", "insufficient_funds", "Your card has insufficient funds."),
    ("chargeDeclinedExpiredCard", "expired_card", "Your card has expired."),
    ("chargeDeclinedIncorrectCvc", "incorrect_cvc", "Your card's security code is incorrect."),
    ("chargeDeclinedProcessingError", "processing_error", "An error occurred while processing your card. Try again."),
    ("chargeDeclinedFraudulent", "fraudulent", "Your card was declined."),
    ("chargeDeclinedLostCard", "lost_card", "Your card was declined."),
    ("chargeDeclinedStolenCard", "stolen_card", "Your card was declined."),
];

impl Card {
    /// The card behind a test token, or why it is declined.
    pub fn of_token(token: &str) -> Result<Self, Decline> {
        if let Some((_, card)) = ACCEPTED.iter().find(|(accepted, _)| *accepted == token) {
            return Ok(*card);
        }
        let unbranded = token.strip_prefix("pm_card_visa_").or_else(|| token.strip_prefix("pm_card_"));
        let declined = DECLINED.iter().find(|(name, _, _)| Some(*name) == unbranded);
        Err(match declined {
            Some((_, reason, message)) => Decline::new(*reason, *message),
            None => Decline::new(
                "resource_missing",
                format!("There is no payment method `{token}`. The sandbox takes test tokens such as `pm_card_visa`."),
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declining_token_may_name_its_brand() {
        let plain = Card::of_token("pm_card_chargeDeclinedFraudulent");
        assert_eq!(plain, Card::of_token("pm_card_visa_chargeDeclinedFraudulent"));
        assert_eq!(plain, Err(Decline::new("fraudulent", "Your card was declined.")));
    }

    #[test]
    fn an_unknown_token_is_told_which_are_known() {
        let refused = Card::of_token("pm_1QX").expect_err("no such card");
        assert_eq!(refused.reason, "resource_missing");
        assert!(refused.message.contains("`pm_1QX`") && refused.message.contains("pm_card_visa"));
    }
}
