//! Ed25519 key pairs, and what they sign.

use std::fmt;

use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rand::TryRngCore;
use rand::rngs::OsRng;
use serde::Serialize;

use crate::Result;

/// What stands before the seed in the PKCS #8 form of an Ed25519 key (RFC 8410).
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// An Ed25519 key pair. Never printed.
#[derive(Clone)]
pub struct SigningKey {
    pkcs8: Vec<u8>,
    public: Jwk,
    pub created_at: DateTime<Utc>,
}

impl SigningKey {
    pub fn generate(now: DateTime<Utc>) -> Result<Self> {
        let mut seed = [0; 32];
        OsRng.try_fill_bytes(&mut seed)?;
        Self::stored([&PKCS8_PREFIX[..], &seed[..]].concat(), now)
    }

    /// A key as it was stored.
    pub fn stored(pkcs8: Vec<u8>, created_at: DateTime<Utc>) -> Result<Self> {
        let mut public = Jwk::from_encoding_key(&EncodingKey::from_ed_der(&pkcs8), Algorithm::EdDSA)?;
        public.common.key_id = Some(public.thumbprint(ThumbprintHash::SHA256)?);
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { pkcs8, public, created_at })
    }

    /// What is to be stored: the private half with it.
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// What the world needs to check what this key signs.
    pub fn public(&self) -> &Jwk {
        &self.public
    }

    /// The key's name in the tokens that it signs: its thumbprint (RFC 7638).
    pub fn kid(&self) -> &str {
        self.public.common.key_id.as_deref().expect("every key is named when it is made")
    }

    pub fn sign(&self, claims: &impl Serialize) -> Result<String> {
        let header = Header { kid: Some(self.kid().to_owned()), ..Header::new(Algorithm::EdDSA) };
        Ok(encode(&header, claims, &EncodingKey::from_ed_der(&self.pkcs8))?)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_named_by_its_thumbprint_and_never_prints() {
        // RFC 8037, appendix A: the same key, and the thumbprint that it must have.
        let seed = b"\x9d\x61\xb1\x9d\xef\xfd\x5a\x60\xba\x84\x4a\xf4\x92\xec\x2c\xc4\
                     \x44\x49\xc5\x69\x7b\x32\x69\x19\x70\x3b\xac\x03\x1c\xae\x7f\x60";
        let key = SigningKey::stored([&PKCS8_PREFIX[..], &seed[..]].concat(), DateTime::UNIX_EPOCH).expect("a key");
        assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(format!("{key:?}"), "SigningKey { kid: \"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\", .. }");
    }
}
