//! The secret in a mail's link, and what stands for a first factor: good for one thing, once, for a while.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use kit::Result;
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};

/// What a link is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To show that an address is one's own.
    Verify,
    /// To set a password without the one before.
    Reset,
    /// To sign in with another address.
    Change,
    /// To show a second factor after the first. No mail holds it.
    SecondFactor,
}

impl Purpose {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Reset => "reset",
            Self::Change => "change",
            Self::SecondFactor => "second-factor",
        }
    }

    pub(crate) fn lifetime(self) -> TimeDelta {
        match self {
            Self::Verify => TimeDelta::hours(24),
            Self::Reset | Self::Change => TimeDelta::hours(1),
            Self::SecondFactor => TimeDelta::minutes(5),
        }
    }
}

/// What every one of them begins with, so that a scanner knows one that has leaked.
const MARK: &str = "mot_";

/// Never printed, never stored.
#[derive(Clone)]
pub struct OneUseToken(String);

impl OneUseToken {
    pub fn generate() -> Result<Self> {
        let mut bytes = [0; 32];
        OsRng.try_fill_bytes(&mut bytes)?;
        Ok(Self(format!("{MARK}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// One that somebody presents.
    pub fn presented(given: &str) -> Self {
        Self(given.trim().to_owned())
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it. No slow hash: nobody guesses 256 random bits.
    pub(crate) fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.as_bytes()))
    }
}

impl fmt::Debug for OneUseToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneUseToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_and_new_each_time_and_never_prints() {
        let (one, other) = (OneUseToken::generate().expect("entropy"), OneUseToken::generate().expect("entropy"));
        assert_ne!(one.reveal(), other.reveal());
        assert_eq!(one.reveal().len(), 47);
        assert_eq!(format!("{one:?}"), "OneUseToken(…)");
        assert_eq!(OneUseToken::presented(&format!(" {}\n", one.reveal())).hash(), one.hash());
    }
}
