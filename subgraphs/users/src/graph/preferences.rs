use async_graphql::{Object, SimpleObject};
use chrono::{DateTime, Utc};
use vocab::CurrencyCode;

use crate::preferences as rules;

/// What a user prefers, and what they agreed to.
pub struct Preferences(pub rules::Preferences);

/// An answer to whether somebody agrees.
#[derive(SimpleObject)]
pub struct Consent {
    /// Whether they agreed, or took it back.
    is_given: bool,
    /// Where they were asked: "settings", "checkout".
    source: String,
    /// When they answered.
    changed_at: DateTime<Utc>,
}

impl From<&rules::Consent> for Consent {
    fn from(consent: &rules::Consent) -> Self {
        Self { is_given: consent.given, source: consent.source.clone(), changed_at: consent.changed_at }
    }
}

/// What a user prefers, and what they agreed to.
#[Object]
impl Preferences {
    /// The language to write to the user in, as BCP 47 names it: `de-AT`. Null when none was chosen.
    async fn language(&self) -> Option<&str> {
        self.0.language.as_ref().map(|tag| tag.as_str())
    }

    /// The currency to show prices in. Null when none was chosen.
    async fn currency(&self) -> Option<CurrencyCode> {
        self.0.currency
    }

    /// Whether the user wants to hear of offers, as they answered last. Null when they never answered: then they do not.
    async fn marketing_consent(&self) -> Option<Consent> {
        self.0.marketing.first().map(Consent::from)
    }

    /// Every answer about offers, the newest first; the last 100 of them.
    async fn marketing_consent_history(&self) -> Vec<Consent> {
        self.0.marketing.iter().map(Consent::from).collect()
    }
}
