//! Somebody who can sign in.

use chrono::{DateTime, Utc};
use kit::Role;
use vocab::text::Line;
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
#[error("Give a name of 1 to {longest} characters in one line, with something in it to see.", longest = DisplayName::LONGEST)]
pub struct NoDisplayName;

impl DisplayName {
    pub const LONGEST: usize = 80;

    pub fn parse(given: &str) -> Result<Self, NoDisplayName> {
        let line = Line::parse(given, Self::LONGEST).map_err(|_told_as_one| NoDisplayName)?;
        Ok(Self(line.into()))
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
        for given in ["", "   ", "\u{200b}", "\u{3164}", "a\nb", "a\0b", &"x".repeat(81)] {
            assert_eq!(DisplayName::parse(given), Err(NoDisplayName), "{given:?}");
        }
        assert!(DisplayName::parse(&"é".repeat(80)).is_ok(), "characters count, not bytes");
    }
}
