//! Preferences and consents in the database.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use kit::db::Among;
use kit::{Failure, Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect};
use uuid::Uuid;
use vocab::{CurrencyCode, UserId};

use super::Store;
use crate::preferences::{Consent, LanguageTag, PreferenceChanges, Preferences};

mod preferences_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "preferences")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: String,
        pub language: Option<String>,
        pub currency: Option<String>,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod consent_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "consent")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub user_id: String,
        pub purpose: String,
        pub given: bool,
        pub source: String,
        pub created_at: DateTimeUtc,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

const MARKETING: &str = "marketing";

impl Store {
    /// The language that a user prefers.
    pub(crate) async fn language_of(&self, txn: &Txn, user: &UserId) -> Result<Option<String>> {
        let row = preferences_row::Entity::find_by_id(user.as_str()).one(&**txn).await?;
        Ok(row.and_then(|row| row.language))
    }

    /// Notes the language of somebody who has chosen none yet.
    pub(crate) async fn prefer_language(txn: &Txn, user: &UserId, language: &LanguageTag) -> Result<()> {
        let row = preferences_row::Model {
            user_id: user.to_string(),
            language: Some(language.as_str().to_owned()),
            currency: None,
        };
        preferences_row::Entity::insert(row.into_active_model())
            .on_conflict(OnConflict::column(preferences_row::Column::UserId).do_nothing().to_owned())
            .exec_without_returning(&**txn)
            .await?;
        Ok(())
    }

    /// Changes what a user prefers, and tells what holds now. None when there is no such user.
    pub(crate) async fn change_preferences(
        &self,
        user: &UserId,
        changes: PreferenceChanges,
    ) -> Result<Option<Preferences>> {
        let txn = self.db.begin().await?;
        // Changes of one user wait for each other.
        if Self::account_in_hand(&txn, user).await?.is_none() {
            txn.rollback().await?;
            return Ok(None);
        }
        let mut preferences = found(&*txn, &[user]).await?.remove(user).unwrap_or_default();
        preferences.language = changes.language.unwrap_or(preferences.language);
        preferences.currency = changes.currency.unwrap_or(preferences.currency);
        write(&txn, user, &preferences).await?;
        let known = preferences.marketing.first().map(|consent| consent.given);
        if let Some((given, source)) = changes.marketing.filter(|(given, _)| known != Some(*given)) {
            let consent = Consent { given, source: source.as_str().to_owned(), changed_at: self.clock.now() };
            append(&txn, user, &consent).await?;
            preferences.marketing.insert(0, consent);
        }
        txn.commit().await?;
        Ok(Some(preferences))
    }
}

async fn write(txn: &Txn, user: &UserId, preferences: &Preferences) -> Result<()> {
    let row = preferences_row::Model {
        user_id: user.to_string(),
        language: preferences.language.as_ref().map(|tag| tag.as_str().to_owned()),
        currency: preferences.currency.map(|code| code.to_string()),
    };
    let replace = OnConflict::column(preferences_row::Column::UserId)
        .update_columns([preferences_row::Column::Language, preferences_row::Column::Currency])
        .to_owned();
    preferences_row::Entity::insert(row.into_active_model())
        .on_conflict(replace)
        .exec_without_returning(&**txn)
        .await?;
    Ok(())
}

async fn append(txn: &Txn, user: &UserId, consent: &Consent) -> Result<()> {
    let row = consent_row::Model {
        id: Uuid::now_v7().to_string(),
        user_id: user.to_string(),
        purpose: MARKETING.to_owned(),
        given: consent.given,
        source: consent.source.clone(),
        created_at: consent.changed_at,
    };
    consent_row::Entity::insert(row.into_active_model()).exec_without_returning(&**txn).await?;
    Ok(())
}

/// How many answers are told. All are kept.
const TOLD: u64 = 100;

async fn found(connection: &impl ConnectionTrait, users: &[&UserId]) -> Result<HashMap<UserId, Preferences>> {
    let ids = || users.iter().map(|user| user.as_str());
    let rows =
        preferences_row::Entity::find().filter(preferences_row::Column::UserId.among(ids())).all(connection).await?;
    let consents = consent_row::Entity::find()
        .filter(consent_row::Column::UserId.among(ids()))
        .filter(consent_row::Column::Purpose.eq(MARKETING))
        .order_by_desc(consent_row::Column::CreatedAt)
        .order_by_desc(consent_row::Column::Id)
        .limit(TOLD * users.len() as u64)
        .all(connection)
        .await?;
    let mut found: HashMap<UserId, Preferences> = HashMap::new();
    for row in rows {
        let preferences = found.entry(UserId::parse(&row.user_id)?).or_default();
        preferences.language = row.language.map(LanguageTag::stored);
        preferences.currency = row.currency.as_deref().map(CurrencyCode::stored).transpose()?;
    }
    for row in consents {
        let consent = Consent { given: row.given, source: row.source, changed_at: row.created_at };
        found.entry(UserId::parse(&row.user_id)?).or_default().marketing.push(consent);
    }
    Ok(found)
}

/// What does this user prefer?
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PreferencesOf(pub UserId);

impl Loader<PreferencesOf> for Store {
    type Value = Preferences;
    type Error = Failure;

    async fn load(&self, keys: &[PreferencesOf]) -> Result<HashMap<PreferencesOf, Preferences>> {
        let users: Vec<&UserId> = keys.iter().map(|PreferencesOf(user)| user).collect();
        let found = found(self.db.reader(), &users).await?;
        Ok(found.into_iter().map(|(user, preferences)| (PreferencesOf(user), preferences)).collect())
    }
}
