//! Mails to the owners of accounts: when there is one, and what it says.

mod english;
mod german;
mod layout;
mod words;

use std::fmt;

use chrono::{DateTime, Utc};
use uuid::Uuid;
use vocab::Email;

use crate::language::Language;
use words::Words;

/// Why there is a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// An address is to be shown to be its owner's.
    Verify,
    /// Somebody registered with an address that has an account.
    AlreadyRegistered,
    PasswordReset,
    PasswordChanged,
    /// To the new address.
    EmailChange,
    /// To the new address, which has an account already.
    EmailChangeTaken,
    /// To the old address.
    EmailChangeAsked,
    /// To the old address.
    EmailChanged,
    /// Somebody tries passwords.
    SignInAttempts,
    SecondFactorAdded,
    SecondFactorRemoved,
    /// In the stead of a code of the second factor.
    RecoveryCodeUsed,
    /// There is one more way in: a provider's.
    IdentityLinked,
    /// The last one that goes to this address.
    AccountErased,
    /// A guest looks for an order that was made with this address.
    OrderLink,
}

impl Occasion {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::AlreadyRegistered => "already-registered",
            Self::PasswordReset => "password-reset",
            Self::PasswordChanged => "password-changed",
            Self::EmailChange => "email-change",
            Self::EmailChangeTaken => "email-change-taken",
            Self::EmailChangeAsked => "email-change-asked",
            Self::EmailChanged => "email-changed",
            Self::SignInAttempts => "sign-in-attempts",
            Self::SecondFactorAdded => "second-factor-added",
            Self::SecondFactorRemoved => "second-factor-removed",
            Self::RecoveryCodeUsed => "recovery-code-used",
            Self::IdentityLinked => "identity-linked",
            Self::AccountErased => "account-erased",
            Self::OrderLink => "order-link",
        }
    }
}

/// A mail, written and not yet sent. Its id names it to every server, so that one that comes twice is known.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    pub id: Uuid,
    pub occasion: Occasion,
    pub to: Email,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// When it is of no use any more; None where it always is.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Never whom it goes to, or what it says.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("id", &self.id).field("occasion", &self.occasion).finish_non_exhaustive()
    }
}

/// Writes mails in the shop's name.
#[derive(Clone, Debug)]
pub struct Writer {
    /// Who it is that writes.
    shop: String,
    /// Where the pages are that links lead to, without a slash at the end.
    links: String,
}

impl Writer {
    pub fn new(shop: impl Into<String>, links: &str) -> Self {
        Self { shop: shop.into(), links: links.trim_end_matches('/').to_owned() }
    }

    /// What the shop is called.
    pub(crate) fn shop(&self) -> &str {
        &self.shop
    }

    /// A mail without a secret.
    pub fn notice(&self, occasion: Occasion, to: &Email, language: Language) -> Mail {
        self.write(occasion, to, language, "", None)
    }

    /// A mail whose link holds `token`.
    pub fn with_token(
        &self,
        occasion: Occasion,
        to: &Email,
        language: Language,
        token: &str,
        expires_at: DateTime<Utc>,
    ) -> Mail {
        self.write(occasion, to, language, token, Some(expires_at))
    }

    fn write(
        &self,
        occasion: Occasion,
        to: &Email,
        language: Language,
        token: &str,
        expires_at: Option<DateTime<Utc>>,
    ) -> Mail {
        let Words { subject, paragraphs, action, farewell } = match language {
            Language::English => english::words(occasion, &self.shop),
            Language::German => german::words(occasion, &self.shop),
        };
        let page = match occasion {
            Occasion::Verify => "verify",
            Occasion::PasswordReset => "reset",
            Occasion::EmailChange => "email",
            Occasion::OrderLink => "order",
            _ => "",
        };
        let link = if page.is_empty() { None } else { Some(format!("{}/auth/{page}?token={token}", self.links)) };
        let link = action.zip(link);
        let text = layout::text(&paragraphs, link.as_ref(), &farewell);
        let html = layout::html(language.tag(), &subject, &paragraphs, link.as_ref(), &farewell);
        Mail { id: Uuid::now_v7(), occasion, to: to.clone(), subject, text, html, expires_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Occasion; 15] = [
        Occasion::Verify,
        Occasion::AlreadyRegistered,
        Occasion::PasswordReset,
        Occasion::PasswordChanged,
        Occasion::EmailChange,
        Occasion::EmailChangeTaken,
        Occasion::EmailChangeAsked,
        Occasion::EmailChanged,
        Occasion::SignInAttempts,
        Occasion::SecondFactorAdded,
        Occasion::SecondFactorRemoved,
        Occasion::RecoveryCodeUsed,
        Occasion::IdentityLinked,
        Occasion::AccountErased,
        Occasion::OrderLink,
    ];

    #[test]
    fn a_link_stands_in_both_halves_of_every_mail_that_needs_one() {
        let writer = Writer::new("Mercato", "https://shop.example/");
        let to = Email::parse("ada@example.com").expect("an address");
        for language in [Language::English, Language::German] {
            for occasion in ALL {
                let mail = writer.with_token(occasion, &to, language, "mot_secret", DateTime::UNIX_EPOCH);
                let linked = matches!(
                    occasion,
                    Occasion::Verify | Occasion::PasswordReset | Occasion::EmailChange | Occasion::OrderLink
                );
                for half in [&mail.text, &mail.html] {
                    assert_eq!(half.contains("https://shop.example/auth/"), linked, "{occasion:?}: {half}");
                    assert_eq!(half.contains("token=mot_secret"), linked, "{occasion:?}: {half}");
                }
                assert!(mail.text.lines().all(|line| line.chars().count() <= 78 || line.starts_with("https://")));
            }
        }
    }

    #[test]
    fn a_mail_tells_a_log_nothing() {
        let to = Email::parse("ada@example.com").expect("an address");
        let mail = Writer::new("Mercato", "").notice(Occasion::PasswordChanged, &to, Language::English);
        let shown = format!("{mail:?}");
        assert!(!shown.contains("ada@") && !shown.contains("password was"), "{shown}");
    }
}
