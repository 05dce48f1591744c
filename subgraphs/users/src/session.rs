//! A session: one sign-in on one device, and the refresh token that it goes on with.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use kit::Result;
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};
use vocab::text::Line;
use vocab::{SessionId, UserId};

/// One sign-in on one device. It lasts as long as it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    pub device: Option<Device>,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
}

/// What the client calls the device: "iPhone of Ada". Nothing is decided by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Name the device in 1 to {longest} characters of one line, or not at all.", longest = Device::LONGEST)]
pub struct NoDevice;

impl Device {
    pub const LONGEST: usize = 80;

    pub fn parse(given: &str) -> Result<Self, NoDevice> {
        let line = Line::parse(given, Self::LONGEST).map_err(|_told_as_one| NoDevice)?;
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

/// What every refresh token begins with, so that a scanner knows one that has leaked.
const MARK: &str = "mrt_";
const FAMILY_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;

/// What a session goes on with: used once, for the next one. Never printed, never stored.
///
/// All tokens of a session begin with the same random family, which is shown nowhere else. So who presents that family
/// with another secret holds a token that was used before.
#[derive(Clone)]
pub struct RefreshToken {
    family: [u8; FAMILY_BYTES],
    secret: [u8; SECRET_BYTES],
}

impl RefreshToken {
    /// The first of a new session.
    pub(crate) fn first() -> Result<Self> {
        Ok(Self { family: random()?, secret: random()? })
    }

    /// Another of the same session.
    pub(crate) fn next(&self) -> Result<Self> {
        Ok(Self { family: self.family, secret: random()? })
    }

    pub(crate) fn parse(given: &str) -> Option<Self> {
        let encoded = given.trim().strip_prefix(MARK)?;
        let bytes: [u8; FAMILY_BYTES + SECRET_BYTES] = URL_SAFE_NO_PAD.decode(encoded).ok()?.try_into().ok()?;
        let (family, secret) = bytes.split_at(FAMILY_BYTES);
        Some(Self { family: family.try_into().ok()?, secret: secret.try_into().ok()? })
    }

    /// What the client is given.
    pub fn reveal(&self) -> String {
        format!("{MARK}{}", URL_SAFE_NO_PAD.encode([&self.family[..], &self.secret[..]].concat()))
    }

    pub(crate) fn family_hash(&self) -> String {
        hash(&self.family)
    }

    pub(crate) fn hash(&self) -> String {
        hash(&self.secret)
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

/// No slow hash: nobody guesses 128 random bits.
fn hash(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(bytes))
}

fn random<const LENGTH: usize>() -> Result<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    OsRng.try_fill_bytes(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_token_is_read_back_and_never_prints() {
        let token = RefreshToken::first().expect("entropy");
        let read = RefreshToken::parse(&token.reveal()).expect("our own");
        assert_eq!((read.family_hash(), read.hash()), (token.family_hash(), token.hash()));
        assert_eq!(format!("{token:?}"), "RefreshToken(…)");
        assert_eq!(token.reveal().len(), 68);
    }

    #[test]
    fn the_next_token_is_of_the_same_family_and_shares_no_secret() {
        let first = RefreshToken::first().expect("entropy");
        let next = first.next().expect("entropy");
        assert_eq!(first.family_hash(), next.family_hash());
        assert_ne!(first.hash(), next.hash());
    }

    #[test]
    fn what_is_no_refresh_token_is_none() {
        let good = RefreshToken::first().expect("entropy").reveal();
        let cut = &good[..good.len() - 1];
        let longer = format!("{good}A");
        for given in ["", "mrt_", "mrt_é", cut, &longer, &good["mrt_".len()..], &"A".repeat(10_000)] {
            assert!(RefreshToken::parse(given).is_none(), "{given}");
        }
    }

    #[test]
    fn a_device_is_one_short_line() {
        assert_eq!(Device::parse(" iPhone of Ada ").map(|device| device.0), Ok("iPhone of Ada".to_owned()));
        for given in ["", "  ", "a\nb", &"x".repeat(81)] {
            assert_eq!(Device::parse(given), Err(NoDevice), "{given:?}");
        }
    }
}
