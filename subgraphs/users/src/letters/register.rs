//! An account for somebody who may have one already.
//!
//! Anybody can register with anybody's address, also before its owner does. So a password counts for nothing until a link
//! was followed that was sent to the address, and then that password counts with which this link was asked for.

use std::net::IpAddr;

use kit::{Result, Role};
use serde::{Deserialize, Serialize};
use vocab::{Email, NotAnEmail, UserId};

use super::Letters;
use crate::account::{Account, DisplayName, NoDisplayName};
use crate::language::Language;
use crate::mail::Occasion;
use crate::one_use::Purpose;
use crate::password::{NoPassword, Password};
use crate::permission::Permissions;
use crate::preferences::{LanguageTag, NoLanguage};
use crate::store::{Grant, Store};
use crate::throttle::{Attempt, TooManyAttempts};

/// What somebody typed to get an account.
pub struct Registration {
    pub email: String,
    pub password: String,
    pub display_name: String,
    pub language: Option<String>,
}

/// What became of a registration.
#[derive(Clone, Debug)]
pub enum Registered {
    /// Whoever has the address finds in their mail how it goes on, whether it had an account before or not.
    MailFollows,
    /// Something that was typed cannot stand; all of it is named at once.
    Flawed(Vec<Flaw>),
    TooManyAttempts(TooManyAttempts),
}

/// What cannot stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    Email(NotAnEmail),
    Password(NoPassword),
    DisplayName(NoDisplayName),
    Language(NoLanguage),
}

/// What a link was asked for with, as it is kept with the link.
#[derive(Serialize, Deserialize)]
pub(super) struct Chosen {
    pub password_hash: String,
    pub display_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

struct Checked {
    email: Email,
    password: Password,
    display_name: DisplayName,
    language: Option<LanguageTag>,
}

impl Letters {
    /// Does the same work and says the same whether the address has an account or not.
    pub async fn register(&self, typed: Registration, client: Option<IpAddr>) -> Result<Registered> {
        let Checked { email, password, display_name, language } = match typed.checked() {
            Ok(checked) => checked,
            Err(flaws) => return Ok(Registered::Flawed(flaws)),
        };
        if let Err(refused) = self.throttle.admit(Attempt::Register, Some(email.as_str()), client).await {
            return Ok(Registered::TooManyAttempts(refused));
        }
        let hash = self.hashing.hash(password).await?;
        let account = Account {
            id: UserId::generate(),
            email,
            email_verified_at: None,
            display_name,
            role: Role::User,
            permissions: Permissions::none(),
            created_at: self.store.clock().now(),
        };
        let chosen = Chosen {
            password_hash: hash.as_str().to_owned(),
            display_name: account.display_name.as_str().to_owned(),
            language: language.as_ref().map(|tag| tag.as_str().to_owned()),
        };
        let txn = self.store.begin().await?;
        let found = Store::register_account(&txn, &account, &hash).await?;
        let grant =
            Grant { user_id: found.id, email: account.email.clone(), detail: Some(serde_json::to_string(&chosen)?) };
        if found.email_verified_at.is_none() {
            let language = language.map(|tag| Language::of(Some(tag.as_str())));
            self.send_link(&txn, Occasion::Verify, Purpose::Verify, &account.email, Some(&grant), language).await?;
        } else {
            let token = crate::one_use::OneUseToken::generate()?;
            self.store.insert_token(&txn, &token, Purpose::Verify, None).await?;
            self.notice_at(&txn, Occasion::AlreadyRegistered, &account.email, &grant.user_id).await?;
        }
        txn.commit().await?;
        Ok(Registered::MailFollows)
    }
}

impl Registration {
    fn checked(self) -> Result<Checked, Vec<Flaw>> {
        let email = Email::parse(&self.email).map_err(Flaw::Email);
        let password = Password::parse(self.password).map_err(Flaw::Password);
        let display_name = DisplayName::parse(&self.display_name).map_err(Flaw::DisplayName);
        let language = self.language.as_deref().map(LanguageTag::parse).transpose().map_err(Flaw::Language);
        match (email, password, display_name, language) {
            (Ok(email), Ok(password), Ok(display_name), Ok(language)) => {
                Ok(Checked { email, password, display_name, language })
            }
            (email, password, display_name, language) => {
                let flaws = [email.err(), password.err(), display_name.err(), language.err()];
                Err(flaws.into_iter().flatten().collect())
            }
        }
    }
}
