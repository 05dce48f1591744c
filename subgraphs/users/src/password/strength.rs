//! How hard a password is to guess, by zxcvbn: what people choose, in the order in which it is guessed.

use std::fmt;

use vocab::Email;
use zxcvbn::{Score, zxcvbn};

/// A password that is guessed too soon, and what would be better.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Weak {
    /// What is wrong with it; none where there is nothing to point at.
    pub warning: Option<String>,
    pub suggestions: Vec<String>,
}

impl fmt::Display for Weak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("This password is guessed too easily.")?;
        let advice = self.warning.iter().chain(&self.suggestions);
        advice.into_iter().try_for_each(|sentence| write!(f, " {sentence}"))
    }
}

/// It takes more guesses than somebody gets who guesses over the wire, and some time where they have the hash: 10⁸.
const LEAST: Score = Score::Three;
/// The effort grows with the square of the length, and what is strong by here is strong.
const LOOKED_AT: usize = 64;

/// What is wrong with a password of somebody about whom this is known.
pub(super) fn weakness(password: &str, about: &[String]) -> Option<Weak> {
    let looked_at: String = password.chars().take(LOOKED_AT).collect();
    let about: Vec<&str> = about.iter().map(String::as_str).collect();
    let found = zxcvbn(&looked_at, &about);
    if found.score() >= LEAST {
        return None;
    }
    let feedback = found.feedback();
    Some(Weak {
        warning: feedback.and_then(|feedback| feedback.warning()).map(|warning| warning.to_string()),
        suggestions: feedback
            .map_or(&[][..], |feedback| feedback.suggestions())
            .iter()
            .map(ToString::to_string)
            .collect(),
    })
}

/// What others know of somebody, and so guess first: their name, their address, and where it is that they sign in.
pub fn known_of(shop: &str, email: &Email, name: &str) -> Vec<String> {
    let whole = [shop, email.as_str(), name];
    let parts = whole.into_iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    whole.into_iter().chain(parts).filter(|text| text.chars().count() > 2).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> Vec<String> {
        known_of("Mercato", &Email::parse("ada.lovelace@example.com").expect("an address"), "Ada King")
    }

    #[test]
    fn what_everybody_chooses_and_what_everybody_knows_of_somebody_is_no_password() {
        let guessed = [
            "password",
            "Passw0rd!",
            "12345678",
            "qwertyuiop",
            "iloveyou",
            "aaaaaaaa",
            "abcdefgh",
            "Mercato1",
            "mercato2026",
            "lovelace1",
            "ada.lovelace@example.com",
            "lovelace-ada",
            "sommer2026",
        ];
        for password in guessed {
            assert!(weakness(password, &about()).is_some(), "{password}");
        }
    }

    #[test]
    fn two_words_that_have_nothing_to_do_with_each_other_are_enough() {
        for password in ["correct horse", "another horse", "tr0ub4dor&3", "the squatter's", "xk7-Qpz9w"] {
            assert_eq!(weakness(password, &about()), None, "{password}");
        }
    }

    #[test]
    fn a_refusal_says_what_would_be_better() {
        let weak = weakness("password", &about()).expect("weak");
        assert_eq!(weak.warning.as_deref(), Some("This is a top-10 common password."));
        assert_eq!(weak.suggestions, ["Add another word or two. Uncommon words are better."]);
        assert_eq!(
            weak.to_string(),
            "This password is guessed too easily. This is a top-10 common password. Add another word or two. Uncommon \
             words are better."
        );
    }
}
