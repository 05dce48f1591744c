//! An account for somebody who may have one already.
//!
//! Anybody can register with anybody's address, also before its owner does. So what is typed here waits, with the link
//! that goes to the address: the password counts only for who shows it once more where that link leads.

use std::net::IpAddr;

use kit::{Result, Role};
use serde::{Deserialize, Serialize};
use vocab::{Email, NotAnEmail, UserId};

use super::AccountEmails;
use crate::account::{Account, DisplayName, NoDisplayName};
use crate::language::Language;
use crate::mail::Occasion;
use crate::one_use::Purpose;
use crate::password::{Password, PasswordFlaw, known_of};
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    Email(NotAnEmail),
    Password(PasswordFlaw),
    DisplayName(NoDisplayName),
    Language(NoLanguage),
}

/// What a link was asked for with, as it is kept with the link.
#[derive(Serialize, Deserialize)]
pub(super) struct Chosen {
    /// Counts for who knows the password. Empty where the link was asked for without one.
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

impl AccountEmails {
    /// Does the same work and says the same whether the address has an account or not.
    pub async fn register(&self, typed: Registration, client: Option<IpAddr>) -> Result<Registered> {
        // What is flawed takes work too. Of an address it counts for nothing: no mail goes there.
        if let Err(refused) = self.throttle.admit(Attempt::NewPassword, None, client).await {
            return Ok(Registered::TooManyAttempts(refused));
        }
        let Checked { email, password, display_name, language } = match self.checked(typed).await? {
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

impl AccountEmails {
    async fn checked(&self, typed: Registration) -> Result<Result<Checked, Vec<Flaw>>> {
        let Registration { email, password, display_name, language } = typed;
        let email = Email::parse(&email).map_err(Flaw::Email);
        let about = email.as_ref().map(|email| known_of(self.writer.shop(), email, &display_name)).unwrap_or_default();
        let password = self.hashing.choose(password, about).await?.map_err(Flaw::Password);
        let display_name = DisplayName::parse(&display_name).map_err(Flaw::DisplayName);
        let language = language.as_deref().map(LanguageTag::parse).transpose().map_err(Flaw::Language);
        Ok(match (email, password, display_name, language) {
            (Ok(email), Ok(password), Ok(display_name), Ok(language)) => {
                Ok(Checked { email, password, display_name, language })
            }
            (email, password, display_name, language) => {
                let flaws = [email.err(), password.err(), display_name.err(), language.err()];
                Err(flaws.into_iter().flatten().collect())
            }
        })
    }
}
