//! A device on which somebody signed in before. It has a lane of its own: what others try does not stand in its way.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kit::Result;
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};

/// What every one of them begins with, so that a scanner knows one that has leaked.
const MARK: &str = "mdt_";

/// What a device is known by. It lets nobody in: it only makes others' attempts none of its own. Never printed, never
/// stored.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceToken(String);

impl DeviceToken {
    pub(crate) fn generate() -> Result<Self> {
        let mut bytes = [0; 32];
        OsRng.try_fill_bytes(&mut bytes)?;
        Ok(Self(format!("{MARK}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// One that a client presents. None where it cannot be one of ours.
    pub fn presented(given: &str) -> Option<Self> {
        let given = given.trim();
        let bytes = URL_SAFE_NO_PAD.decode(given.strip_prefix(MARK)?).ok()?;
        (bytes.len() == 32).then(|| Self(given.to_owned()))
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it. No slow hash: nobody guesses 256 random bits.
    pub(crate) fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.as_bytes()))
    }
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_token_is_read_back_and_never_prints() {
        let token = DeviceToken::generate().expect("entropy");
        assert_eq!(DeviceToken::presented(&format!(" {} ", token.reveal())), Some(token.clone()));
        assert_eq!(format!("{token:?}"), "DeviceToken(…)");
        for given in ["", "mdt_", "mdt_short", &token.reveal()["mdt_".len()..], &format!("{}A", token.reveal())] {
            assert_eq!(DeviceToken::presented(given), None, "{given}");
        }
    }
}
