//! Seals what is secret before it is written to a database, with a key that stands nowhere in it.

use std::fmt;

use anyhow::Context;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::config::Secret;
use crate::{Failure, Result};

const KEY_BYTES: usize = 32;
/// Enough to tell a handful of keys apart, and nothing to find one by.
const NAME_BYTES: usize = 9;

/// 256 bits that seal and open. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SealingKey {
    bytes: [u8; KEY_BYTES],
    name: String,
}

impl SealingKey {
    pub fn random() -> Result<Self> {
        let mut bytes = [0; KEY_BYTES];
        rand::fill(&mut bytes)?;
        Ok(Self::of(bytes))
    }

    /// A key as `openssl rand -base64 32` writes it.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let decoded = STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
        Ok(Self::of(decoded.context("it is not 32 bytes in base64: make one with `openssl rand -base64 32`")?))
    }

    /// The key as it is kept in a file.
    pub fn reveal(&self) -> String {
        STANDARD.encode(self.bytes)
    }

    /// What stands beside a secret that this key has sealed. It says nothing of the key.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn of(bytes: [u8; KEY_BYTES]) -> Self {
        let named = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &bytes), b"mercato: the name of a sealing key");
        Self { bytes, name: URL_SAFE_NO_PAD.encode(&named.as_ref()[..NAME_BYTES]) }
    }

    fn cipher(&self) -> Result<RandomizedNonceKey> {
        Ok(RandomizedNonceKey::new(&AES_256_GCM, &self.bytes)?)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKey").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A secret as it may be written down: who has the key opens it, and only in its own place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The name of the key.
    pub by: String,
    pub bytes: Vec<u8>,
}

/// The key that seals, and the one before it, whose seals it still opens.
#[derive(Clone, Debug)]
pub struct Sealing {
    current: SealingKey,
    former: Option<SealingKey>,
}

impl Sealing {
    pub fn new(current: SealingKey) -> Self {
        Self { current, former: None }
    }

    /// From the configuration's keys `sealing_key` and `sealing_key_former`; the latter may be empty.
    pub fn configured(current: &Secret, former: &Secret) -> anyhow::Result<Self> {
        let current = SealingKey::parse(current.reveal()).context("`sealing_key`")?;
        if former.is_empty() {
            return Ok(Self::new(current));
        }
        let former = SealingKey::parse(former.reveal()).context("`sealing_key_former`")?;
        Ok(Self { current, former: Some(former) })
    }

    /// The name of the key that seals.
    pub fn name(&self) -> &str {
        self.current.name()
    }

    /// Seals `secret` for one place: a table, a column and whose row it is.
    pub fn seal(&self, secret: &[u8], place: &str) -> Result<Sealed> {
        let mut bytes = secret.to_vec();
        let nonce = self.current.cipher()?.seal_in_place_append_tag(Aad::from(place), &mut bytes)?;
        bytes.extend_from_slice(nonce.as_ref());
        Ok(Sealed { by: self.name().to_owned(), bytes })
    }

    /// The secret that was sealed for this place.
    pub fn open(&self, sealed: &Sealed, place: &str) -> Result<Vec<u8>> {
        let known = std::iter::once(&self.current).chain(&self.former).find(|key| key.name() == sealed.by);
        let key = known.ok_or_else(|| {
            Failure::fault(anyhow::anyhow!(
                "what is kept sealed in the database was sealed with the key `{}`, and `sealing_key` is `{}`: give the \
                 key that it was sealed with as `sealing_key_former`",
                sealed.by,
                self.name()
            ))
        })?;
        let broken = || Failure::fault(anyhow::anyhow!("a seal is broken: what it held was changed, or moved here"));
        let mut bytes = sealed.bytes.clone();
        let nonce = bytes.split_off(bytes.len().checked_sub(NONCE_LEN).ok_or_else(broken)?);
        let nonce = Nonce::try_assume_unique_for_key(&nonce)?;
        let opened = key.cipher()?.open_in_place(nonce, Aad::from(place), &mut bytes).map_err(|_unopened| broken())?;
        Ok(opened.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealing() -> Sealing {
        Sealing::new(SealingKey::random().expect("entropy"))
    }

    fn opened(sealing: &Sealing, sealed: &Sealed, place: &str) -> Option<Vec<u8>> {
        sealing.open(sealed, place).ok()
    }

    #[test]
    fn what_is_sealed_opens_in_its_own_place_and_unchanged_alone() {
        let sealing = sealing();
        let sealed = sealing.seal(b"a private half", "keys/1").expect("sealed");
        assert!(!sealed.bytes.windows(7).any(|part| part == b"private"));
        assert_eq!(opened(&sealing, &sealed, "keys/1").as_deref(), Some(&b"a private half"[..]));
        assert_eq!(opened(&sealing, &sealed, "keys/2"), None, "moved to another row");
        for at in 0..sealed.bytes.len() {
            let mut changed = sealed.clone();
            changed.bytes[at] ^= 1;
            assert_eq!(opened(&sealing, &changed, "keys/1"), None, "byte {at}");
            changed.bytes.truncate(at);
            assert_eq!(opened(&sealing, &changed, "keys/1"), None, "cut to {at}");
        }
        let again = sealing.seal(b"a private half", "keys/1").expect("sealed");
        assert_ne!(again.bytes, sealed.bytes, "no nonce serves twice");
    }

    #[test]
    fn a_former_key_opens_and_the_current_one_seals() {
        let (old, new) = (SealingKey::random().expect("entropy"), SealingKey::random().expect("entropy"));
        let before = Sealing::new(old.clone()).seal(b"secret", "a").expect("sealed");
        let both = Sealing::configured(&Secret::new(new.reveal()), &Secret::new(old.reveal())).expect("two keys");
        assert_eq!(opened(&both, &before, "a").as_deref(), Some(&b"secret"[..]));
        assert_eq!(both.seal(b"secret", "a").expect("sealed").by, new.name());
        let refused = Sealing::new(new.clone()).open(&before, "a").expect_err("it is not its key").into_anyhow();
        let refused = format!("{refused:#}");
        assert!(refused.contains(old.name()) && refused.contains("sealing_key_former"), "{refused}");
    }

    #[test]
    fn a_key_is_32_bytes_in_base64_and_never_prints() {
        let key = SealingKey::random().expect("entropy");
        assert_eq!(SealingKey::parse(&format!("{}\n", key.reveal())).expect("its own text"), key);
        assert!(!format!("{key:?}").contains(&key.reveal()));
        for given in ["", "hunter2", "aaaa", &"A".repeat(64), &key.reveal()[1..]] {
            let refused = SealingKey::parse(given).expect_err("no key").to_string();
            assert!(refused.contains("openssl rand"), "{refused}");
            assert!(given.is_empty() || !refused.contains(given), "{refused}");
        }
    }
}
