//! What stands for a card. Never the card.

use std::fmt;

/// A gateway's token for a payment method, such as `pm_card_visa`.
#[derive(Clone, PartialEq, Eq)]
pub struct PaymentToken(String);

/// The texts never repeat what was given: it may be a card's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAToken {
    #[error("That looks like a card number, which we neither take nor keep. Send the gateway's token for the card.")]
    CardNumber,
    #[error("That is not a payment method token: it starts with `pm_`, then letters, digits and underscores.")]
    Malformed,
}

impl NotAToken {
    pub fn reason(self) -> &'static str {
        match self {
            Self::CardNumber => "card_number_refused",
            Self::Malformed => "invalid_token",
        }
    }
}

const LONGEST: usize = 255;

impl PaymentToken {
    pub fn parse(given: &str) -> Result<Self, NotAToken> {
        if holds_card_number(given) {
            return Err(NotAToken::CardNumber);
        }
        let fits = given.len() <= LONGEST
            && given.strip_prefix("pm_").is_some_and(|rest| {
                !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            });
        if fits { Ok(Self(given.to_owned())) } else { Err(NotAToken::Malformed) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PaymentToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PaymentToken(…)")
    }
}

/// Whether a run of digits, however it is spaced, could be a card's number: 12 to 19 of them that pass Luhn's check.
fn holds_card_number(text: &str) -> bool {
    let mut run: Vec<u32> = Vec::new();
    for character in text.chars() {
        match character.to_digit(10) {
            Some(digit) => run.push(digit),
            None if matches!(character, ' ' | '-' | '.') => {}
            None => {
                if run_holds_card_number(&run) {
                    return true;
                }
                run.clear();
            }
        }
    }
    run_holds_card_number(&run)
}

fn run_holds_card_number(run: &[u32]) -> bool {
    (12..=19).any(|length| run.windows(length).any(passes_luhn))
}

fn passes_luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, &digit)| match (place % 2, digit * 2) {
            (0, _) => digit,
            (_, twice) if twice > 9 => twice - 9,
            (_, twice) => twice,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_number_is_no_token_however_it_is_written() {
        for given in [
            "4242424242424242",
            "4242 4242 4242 4242",
            "4242-4242-4242-4242",
            "378282246310005",
            "pm_4242424242424242",
            " 5555555555554444 ",
        ] {
            let refused = PaymentToken::parse(given).expect_err("a card's number");
            assert_eq!(refused, NotAToken::CardNumber);
            assert!(!refused.to_string().contains("42"), "the refusal repeats nothing");
        }
    }

    #[test]
    fn what_is_no_token_is_refused_and_not_repeated() {
        for given in ["", "pm_", "tok_visa", "42424242", "pm_card visa", "pm_💳"] {
            assert_eq!(PaymentToken::parse(given), Err(NotAToken::Malformed), "{given}");
        }
    }

    #[test]
    fn a_token_is_kept_as_it_came_and_not_printed() {
        let token = PaymentToken::parse("pm_card_visa").expect("a token");
        assert_eq!(token.as_str(), "pm_card_visa");
        assert_eq!(format!("{token:?}"), "PaymentToken(…)");
    }
}
