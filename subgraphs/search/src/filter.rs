//! What a shopper narrowed the search to, and the opaque tokens that say it.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kit::{Code, Refusal};
use serde::{Deserialize, Serialize};
use vocab::CategoryId;

use crate::price_band::PriceBand;

/// One value of one facet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    Brand(String),
    Category(CategoryId),
    Price(PriceBand),
}

/// Grows when the meaning of a token changes, so that an old one is refused instead of misread.
const VERSION: u8 = 1;
const MOST_FILTERS: usize = 50;
const LONGEST_TOKEN: usize = 1_000;

impl Filter {
    pub fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&(VERSION, self)).expect("a filter is plain data"))
    }

    fn read(token: &str) -> Option<Self> {
        if token.len() > LONGEST_TOKEN {
            return None;
        }
        let json = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (version, filter): (u8, Self) = serde_json::from_slice(&json).ok()?;
        (version == VERSION).then_some(filter)
    }
}

/// Everything that was selected. Values of one facet widen each other, facets narrow each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Selection {
    pub brands: BTreeSet<String>,
    pub categories: BTreeSet<CategoryId>,
    pub prices: BTreeSet<PriceBand>,
}

impl Selection {
    pub fn read<'a>(tokens: impl ExactSizeIterator<Item = &'a str>) -> Result<Self, Refusal> {
        if tokens.len() > MOST_FILTERS {
            let message = format!("`filters` has {} tokens; at most {MOST_FILTERS} fit in one search.", tokens.len());
            return Err(Refusal::new(Code::BadUserInput, message));
        }
        let mut selection = Self::default();
        for token in tokens {
            match Filter::read(token) {
                Some(Filter::Brand(brand)) => drop(selection.brands.insert(brand)),
                Some(Filter::Category(category)) => drop(selection.categories.insert(category)),
                Some(Filter::Price(band)) => drop(selection.prices.insert(band)),
                None => return Err(unknown(token)),
            }
        }
        Ok(selection)
    }
}

fn unknown(token: &str) -> Refusal {
    let shown: String = token.chars().take(40).collect();
    let message = format!("`{shown}` is no filter token of this search: pass a `token` that a facet value gave.");
    Refusal::new(Code::BadUserInput, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_what_it_was_made_of() {
        let filters = [Filter::Brand("Ünï \"co\"".into()), Filter::Category(CategoryId::of_key("a"))];
        let tokens: Vec<String> = filters.iter().map(Filter::token).collect();
        let selection = Selection::read(tokens.iter().map(String::as_str)).expect("own tokens");
        assert_eq!(selection.brands.first().map(String::as_str), Some("Ünï \"co\""));
        assert_eq!(selection.categories.first(), Some(&CategoryId::of_key("a")));
    }

    #[test]
    fn a_forged_token_is_refused() {
        let sealed = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let forged = [
            String::new(),
            "brand:HP".into(),
            sealed("{}"),
            sealed("[2,{\"brand\":\"HP\"}]"),
            sealed("[1,{\"colour\":\"red\"}]"),
            sealed("[1,{\"category\":\"prod_1\"}]"),
            sealed("[1,{\"price\":[\"USD\",99]}]"),
            sealed("[1,{\"price\":[\"dollars\",1]}]"),
            "A".repeat(10_000),
        ];
        for token in &forged {
            let refused = Selection::read(std::iter::once(token.as_str())).expect_err(token);
            assert_eq!(refused.code, Code::BadUserInput);
        }
    }

    #[test]
    fn a_search_takes_fifty_tokens_at_most() {
        let token = Filter::Brand("HP".into()).token();
        let tokens = vec![token.as_str(); MOST_FILTERS + 1];
        assert!(Selection::read(tokens.into_iter()).is_err());
    }
}
