//! Somebody who can sign in.

use chrono::{DateTime, Utc};
use kit::Role;
use vocab::{Email, UserId};

use crate::permission::Permissions;

/// Somebody who can sign in: a customer, or one of the staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: UserId,
    pub email: Email,
    /// Since when the owner is known to read what is sent there. Until then nobody signs in with a password.
    pub email_verified_at: Option<DateTime<Utc>>,
    pub display_name: DisplayName,
    pub role: Role,
    /// What this account may do beyond shopping. Customers have none.
    pub permissions: Permissions,
    pub created_at: DateTime<Utc>,
}

/// The name that others see, beside a review for instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisplayName(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a display name has 1 to {longest} characters and no line breaks", longest = DisplayName::LONGEST)]
pub struct NoDisplayName;

impl DisplayName {
    pub const LONGEST: usize = 80;

    pub fn parse(given: &str) -> Result<Self, NoDisplayName> {
        let name = given.trim();
        let fits = (1..=Self::LONGEST).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        if fits { Ok(Self(name.to_owned())) } else { Err(NoDisplayName) }
    }

    /// A name as it was stored.
    pub(crate) fn stored(name: String) -> Self {
        Self(name)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_name_is_one_line_that_somebody_can_read() {
        assert_eq!(DisplayName::parse("  Ada Lovelace ").map(|name| name.0), Ok("Ada Lovelace".to_owned()));
        for given in ["", "   ", "a\nb", "a\0b", &"x".repeat(81)] {
            assert_eq!(DisplayName::parse(given), Err(NoDisplayName), "{given:?}");
        }
        assert!(DisplayName::parse(&"é".repeat(80)).is_ok(), "characters count, not bytes");
    }
}
