//! What users prefer, and what they agreed to.

use chrono::{DateTime, Utc};
use oxilangtag::LanguageTag as Tag;
use vocab::CurrencyCode;
use vocab::text::Line;

/// A language as BCP 47 names it, in its usual spelling: `de-AT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageTag(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("That is not a language as BCP 47 names it: give one such as en or de-AT.")]
pub struct NoLanguage;

impl LanguageTag {
    const LONGEST: usize = 35;

    pub fn parse(given: &str) -> Result<Self, NoLanguage> {
        let given = given.trim();
        if given.len() > Self::LONGEST {
            return Err(NoLanguage);
        }
        let tag = Tag::parse_and_normalize(given).map_err(|_unshown| NoLanguage)?;
        Ok(Self(tag.into_inner()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A tag as it was stored.
    pub(crate) fn stored(tag: String) -> Self {
        Self(tag)
    }
}

/// Where it was asked: "checkout", "settings".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentSource(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Say where it was asked in 1 to {longest} characters of one line.", longest = ConsentSource::LONGEST)]
pub struct NoSource;

impl ConsentSource {
    pub const LONGEST: usize = 80;

    pub fn parse(given: &str) -> Result<Self, NoSource> {
        let line = Line::parse(given, Self::LONGEST).map_err(|_told_as_one| NoSource)?;
        Ok(Self(line.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Somebody agreed, or took it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    pub given: bool,
    pub source: String,
    pub changed_at: DateTime<Utc>,
}

/// What a user prefers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    pub language: Option<LanguageTag>,
    pub currency: Option<CurrencyCode>,
    /// Every answer about marketing, the newest first.
    pub marketing: Vec<Consent>,
}

/// What is to change. `None` leaves it; `Some(None)` takes it away.
#[derive(Clone, Debug, Default)]
pub struct PreferenceChanges {
    pub language: Option<Option<LanguageTag>>,
    pub currency: Option<Option<CurrencyCode>>,
    pub marketing: Option<(bool, ConsentSource)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_written_as_it_usually_is() {
        assert_eq!(LanguageTag::parse(" DE-at ").map(|tag| tag.0), Ok("de-AT".to_owned()));
        assert_eq!(LanguageTag::parse("zh-hant-hk").map(|tag| tag.0), Ok("zh-Hant-HK".to_owned()));
        for given in ["", "e", "english please", "de_AT", &"x-a".repeat(20)] {
            assert_eq!(LanguageTag::parse(given), Err(NoLanguage), "{given}");
        }
    }
}
