//! Records in Redis that only the holder of a secret can find and decrypt.

use aws_lc_rs::aead::{AES_256_GCM, Aad, RandomizedNonceKey};
use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kit::messaging::Bus;
use kit::{Failure, Result};
use redis::AsyncCommands;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

const BYTES: usize = 32;

/// 256 random bits, kept by a browser in a cookie.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn random() -> Result<Self> {
        let mut bytes = [0; BYTES];
        rand::fill(&mut bytes)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Parses a secret from a cookie. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == BYTES).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A secret combined from this one and another text.
    pub fn with(&self, other: &str) -> Self {
        Self(format!("{}.{other}", self.0))
    }

    /// Its hash, which may be stored.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(&self.0))
    }

    fn key(&self) -> Result<RandomizedNonceKey> {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_bytes());
        let derived = hmac::sign(&secret, b"mercato: a record of the edge");
        Ok(RandomizedNonceKey::new(&AES_256_GCM, derived.as_ref())?)
    }

    fn seal(&self, record: &impl Serialize, key: &str) -> Result<Vec<u8>> {
        let mut sealed = serde_json::to_vec(record)?;
        let nonce = self.key()?.seal_in_place_append_tag(Aad::from(key), &mut sealed)?;
        sealed.extend_from_slice(nonce.as_ref());
        Ok(sealed)
    }

    fn open<T: DeserializeOwned>(&self, mut sealed: Vec<u8>, key: &str) -> Result<T> {
        const NONCE: usize = 12;
        let broken = || Failure::fault(anyhow::anyhow!("a sealed record is too short"));
        let nonce = sealed.split_off(sealed.len().checked_sub(NONCE).ok_or_else(broken)?);
        let nonce = aws_lc_rs::aead::Nonce::try_assume_unique_for_key(&nonce)?;
        let opened = self.key()?.open_in_place(nonce, Aad::from(key), &mut sealed)?;
        Ok(serde_json::from_slice(opened)?)
    }
}

/// The sealed records of one kind.
#[derive(Clone)]
pub struct SealedStore {
    bus: Bus,
    kind: &'static str,
}

impl SealedStore {
    pub fn new(bus: Bus, kind: &'static str) -> Self {
        Self { bus, kind }
    }

    pub fn redis_key(&self, secret: &Secret) -> String {
        format!("mercato:{}:{}", self.kind, secret.hash())
    }

    pub async fn put(&self, secret: &Secret, record: &impl Serialize, seconds: u64) -> Result<()> {
        let key = self.redis_key(secret);
        let sealed = secret.seal(record, &key)?;
        Ok(self.bus.connection().set_ex(key, sealed, seconds).await?)
    }

    /// Replaces a record, with the same expiry. Returns whether there was one.
    pub async fn replace(&self, secret: &Secret, record: &impl Serialize) -> Result<bool> {
        let key = self.redis_key(secret);
        let sealed = secret.seal(record, &key)?;
        let mut command = redis::cmd("SET");
        command.arg(key).arg(sealed).arg("XX").arg("KEEPTTL");
        let written: Option<String> = command.query_async(&mut self.bus.connection()).await?;
        Ok(written.is_some())
    }

    /// A record, and the seconds until it expires.
    pub async fn get<T: DeserializeOwned>(&self, secret: &Secret) -> Result<Option<(T, u64)>> {
        let key = self.redis_key(secret);
        let mut asking = redis::pipe();
        asking.get(&key).ttl(&key);
        let (sealed, seconds): (Option<Vec<u8>>, i64) = asking.query_async(&mut self.bus.connection()).await?;
        let Some(sealed) = sealed else { return Ok(None) };
        Ok(Some((secret.open(sealed, &key)?, u64::try_from(seconds).unwrap_or_default())))
    }

    /// Reads and deletes a record, atomically.
    pub async fn take<T: DeserializeOwned>(&self, secret: &Secret) -> Result<Option<T>> {
        let key = self.redis_key(secret);
        let sealed: Option<Vec<u8>> = self.bus.connection().get_del(&key).await?;
        sealed.map(|sealed| secret.open(sealed, &key)).transpose()
    }

    pub async fn keep(&self, secret: &Secret, seconds: u64) -> Result<()> {
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        Ok(self.bus.connection().expire(self.redis_key(secret), seconds).await?)
    }

    pub async fn remove(&self, secret: &Secret) -> Result<()> {
        Ok(self.bus.connection().del(self.redis_key(secret)).await?)
    }
}
