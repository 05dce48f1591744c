//! A session: one sign-in on one device, and the refresh token that it goes on with.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use kit::Result;
use rand::TryRngCore;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use vocab::text::Line;
use vocab::{SessionId, UserId};

use crate::signing_key::LIFETIME;

/// Longer than an access token is believed: it ends on clocks that differ.
pub(crate) const TOLD_FOR: TimeDelta = TimeDelta::seconds(LIFETIME.num_seconds() + 30);

/// One sign-in on one device. It lasts as long as it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    pub device: Option<Device>,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    /// When and how its owner last showed in it who they are. None in one that is older than such notes.
    pub proof: Option<Proof>,
}

/// When and how somebody showed who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    pub at: DateTime<Utc>,
    pub methods: Vec<Method>,
}

/// How somebody shows who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    Password,
    /// A code of their second factor, or a recovery code in its stead.
    Otp,
    /// A link that was sent to their address.
    Email,
    /// A provider's word.
    Federated,
}

impl Method {
    const ALL: [Self; 4] = [Self::Password, Self::Otp, Self::Email, Self::Federated];

    /// Its name in a token's `amr`: as RFC 8176 has it, where it has one.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::Otp => "otp",
            Self::Email => "email",
            Self::Federated => "fed",
        }
    }
}

impl Proof {
    pub(crate) fn now(at: DateTime<Utc>, methods: &[Method]) -> Self {
        Self { at, methods: methods.to_vec() }
    }

    /// As a token says it; two different factors are `mfa` besides.
    pub(crate) fn amr(&self) -> Vec<String> {
        let several = (self.methods.len() > 1).then_some("mfa");
        self.methods.iter().map(|method| method.name()).chain(several).map(str::to_owned).collect()
    }

    pub(crate) fn has(&self, method: Method) -> bool {
        self.methods.contains(&method)
    }

    /// The methods as they are stored.
    pub(crate) fn written(methods: &[Method]) -> String {
        methods.iter().map(|method| method.name()).collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn read(text: &str) -> Vec<Method> {
        let known = |name: &str| Method::ALL.into_iter().find(|method| method.name() == name);
        text.split_whitespace().filter_map(known).collect()
    }
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

    /// The one that comes in its place, the same for the same salt. Nobody without the salt can tell which it is.
    pub(crate) fn successor(&self, salt: &Salt) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &salt.0);
        let tag = hmac::sign(&key, &[&self.family[..], &self.secret[..]].concat());
        let secret = tag.as_ref().try_into().expect("SHA-256 has 32 bytes");
        Self { family: self.family, secret }
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

/// What the successor of one refresh token follows from.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Salt([u8; SECRET_BYTES]);

impl Salt {
    pub(crate) fn random() -> Result<Self> {
        Ok(Self(random()?))
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
        let (first, salt) = (RefreshToken::first().expect("entropy"), Salt::random().expect("entropy"));
        let next = first.successor(&salt);
        assert_eq!(first.family_hash(), next.family_hash());
        assert_ne!(first.hash(), next.hash());
        assert_eq!(next.hash(), first.successor(&salt).hash(), "whoever asks again gets the same");
        assert_ne!(next.hash(), first.successor(&Salt::random().expect("entropy")).hash());
    }

    #[test]
    fn a_proof_is_told_in_the_names_of_rfc_8176() {
        let proof = |methods: &[Method]| Proof::now(DateTime::UNIX_EPOCH, methods);
        assert_eq!(proof(&[Method::Password]).amr(), ["pwd"]);
        assert_eq!(proof(&[Method::Password, Method::Otp]).amr(), ["pwd", "otp", "mfa"]);
        assert_eq!(Proof::read(&Proof::written(&Method::ALL)), Method::ALL);
        assert!(Proof::read("flying").is_empty());
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
