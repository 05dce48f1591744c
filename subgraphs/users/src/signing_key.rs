//! The keys that sign tokens.

use jsonwebtoken::jwk::JwkSet;
use kit::SigningKey;

/// The key that signs now, and those before it whose tokens still stand.
#[derive(Clone, Debug)]
pub struct SigningKeys {
    pub current: SigningKey,
    pub former: Vec<SigningKey>,
}

impl SigningKeys {
    /// What the world needs to check our tokens.
    pub fn jwks(&self) -> JwkSet {
        let all = std::iter::once(&self.current).chain(&self.former);
        JwkSet { keys: all.map(|key| key.public().clone()).collect() }
    }
}
