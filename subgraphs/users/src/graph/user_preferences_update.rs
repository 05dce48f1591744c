use async_graphql::{Context, InputObject, MaybeUndefined, Object};
use kit::Result;
use vocab::{CurrencyCode, InvalidInput};

use super::asking::{gone, signed_in};
use super::preferences::Preferences;
use super::user_error::UserError;
use crate::preferences::{self as rules, ConsentSource, LanguageTag, PreferenceChanges};
use crate::store::Store;

/// What is to change in your preferences. What is left out stays.
#[derive(InputObject)]
pub struct UserPreferencesUpdateInput {
    /// The language to write to you in, as BCP 47 names it: `de-AT`. Null for none.
    language: MaybeUndefined<String>,
    /// The currency to show prices in. Null for none.
    currency: MaybeUndefined<CurrencyCode>,
    /// Whether you want to hear of offers. Kept with the time and the source of every change.
    marketing_consent: Option<bool>,
    /// Where you were asked for it: 1 to 80 characters.
    #[graphql(default_with = "\"settings\".to_owned()")]
    consent_source: String,
}

/// What became of your preferences.
pub struct UserPreferencesUpdatePayload(Result<rules::Preferences, Vec<UserError>>);

/// What became of your preferences.
#[Object]
impl UserPreferencesUpdatePayload {
    /// Your preferences, as they are now; null when nothing was changed.
    async fn preferences(&self) -> Option<Preferences> {
        self.0.as_ref().ok().map(|preferences| Preferences(preferences.clone()))
    }

    /// What cannot stand; empty when the preferences are as asked.
    async fn user_errors(&self) -> Vec<UserError> {
        self.0.as_ref().err().cloned().unwrap_or_default()
    }
}

impl UserPreferencesUpdateInput {
    fn checked(self) -> Result<PreferenceChanges, Vec<UserError>> {
        let mut flaws = Vec::new();
        let mut refuse = |flaw: String, field: &str| flaws.push(UserError::from(InvalidInput::new(flaw, &[field])));
        let language = match self.language {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(tag) => match LanguageTag::parse(&tag) {
                Ok(tag) => Some(Some(tag)),
                Err(flaw) => {
                    refuse(flaw.to_string(), "language");
                    None
                }
            },
        };
        let currency = match self.currency {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(code) if CurrencyCode::OFFERED.contains(&code) => Some(Some(code)),
            MaybeUndefined::Value(code) => {
                let offered: Vec<&str> = CurrencyCode::OFFERED.iter().map(CurrencyCode::as_str).collect();
                refuse(format!("Prices are not shown in {code}: choose one of {}.", offered.join(", ")), "currency");
                None
            }
        };
        let marketing = match (self.marketing_consent, ConsentSource::parse(&self.consent_source)) {
            (None, _) => None,
            (Some(given), Ok(source)) => Some((given, source)),
            (Some(_), Err(flaw)) => {
                refuse(flaw.to_string(), "consentSource");
                None
            }
        };
        if flaws.is_empty() { Ok(PreferenceChanges { language, currency, marketing }) } else { Err(flaws) }
    }
}

#[derive(Default)]
pub struct UserPreferencesUpdate;

#[Object]
impl UserPreferencesUpdate {
    /// Changes what you prefer, and what you agree to.
    async fn user_preferences_update(
        &self,
        ctx: &Context<'_>,
        input: UserPreferencesUpdateInput,
    ) -> Result<UserPreferencesUpdatePayload> {
        let (user, _) = signed_in(ctx)?;
        let changes = match input.checked() {
            Ok(changes) => changes,
            Err(flaws) => return Ok(UserPreferencesUpdatePayload(Err(flaws))),
        };
        let changed = ctx.data_unchecked::<Store>().change_preferences(&user, changes).await?;
        Ok(UserPreferencesUpdatePayload(changed.ok_or_else(|| vec![gone()])))
    }
}
