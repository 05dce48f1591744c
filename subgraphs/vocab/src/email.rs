//! An address that mail can be sent to.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An e-mail address, trimmed and lower-cased, so that one person has one.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that is not an e-mail address: give one such as name@example.com")]
pub struct NotAnEmail;

impl Email {
    pub fn parse(given: &str) -> Result<Self, NotAnEmail> {
        let address = given.trim().to_lowercase();
        let (local, domain) = address.rsplit_once('@').ok_or(NotAnEmail)?;
        let local_fits = (1..=64).contains(&local.len()) && !local.contains('@');
        let domain_fits = domain.len() <= 253
            && domain.split('.').count() >= 2
            && domain.split('.').all(|label| (1..=63).contains(&label.len()));
        let plain = address.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"<>(),;:\\\"[]".contains(c));
        if local_fits && domain_fits && plain { Ok(Self(address)) } else { Err(NotAnEmail) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Never the address: it must not reach a log.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl TryFrom<String> for Email {
    type Error = NotAnEmail;

    fn try_from(given: String) -> Result<Self, NotAnEmail> {
        Self::parse(&given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_one_address() {
        assert_eq!(Email::parse(" Ada@Example.COM ").unwrap().as_str(), "ada@example.com");
    }

    #[test]
    fn what_mail_cannot_reach_is_refused() {
        for given in ["", "ada", "@example.com", "ada@", "ada@localhost", "a b@example.com", "ada@ex..com"] {
            assert_eq!(Email::parse(given), Err(NotAnEmail), "{given}");
        }
    }
}
