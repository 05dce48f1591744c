//! A second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for who has lost it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use kit::Result;
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};
use totp_rs::{Builder, Secret, Totp};
use vocab::UserId;

/// 160 bits, as RFC 4226 advises.
const SEED_BYTES: usize = 20;

/// What the codes of an app follow from. Never printed.
#[derive(Clone)]
pub struct Seed(Vec<u8>);

impl Seed {
    pub fn generate() -> Result<Self> {
        let mut bytes = vec![0; SEED_BYTES];
        OsRng.try_fill_bytes(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// One as it was kept.
    pub(crate) fn kept(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// What is kept of it: all of it, for codes are computed from it.
    pub(crate) fn keep(&self) -> Vec<u8> {
        self.0.clone()
    }

    /// As somebody types it into an app that reads no picture.
    pub fn base32(&self) -> String {
        Secret::new(self.0.clone().into_boxed_slice()).to_base32()
    }

    /// As apps read it: for `account` at `shop`.
    pub fn url(&self, shop: &str, account: &str) -> Result<String> {
        // A colon parts the two.
        let plain = |text: &str| text.replace(':', " ");
        let named = self.builder().with_account_name(plain(account)).with_issuer(Some(plain(shop)));
        Ok(named.build()?.to_url()?)
    }

    /// The time step of a code, if it is one of now: of the step before and after too, for clocks that differ.
    pub fn step_of(&self, code: &str, now: DateTime<Utc>) -> Result<Option<i64>> {
        let totp: Totp = self.builder().build()?;
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        Ok(totp.check(code, seconds).and_then(|step| i64::try_from(step).ok()))
    }

    /// Six digits of SHA-1 every 30 seconds: what every app knows.
    fn builder(&self) -> Builder {
        Builder::new().with_secret(self.0.clone())
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(…)")
    }
}

/// How many recovery codes somebody gets.
const RECOVERY_CODES: usize = 10;
/// Neither 0 and O nor 1 and l.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
const RECOVERY_LETTERS: usize = 16;

/// Good for one sign-in without the app. Never printed, never stored.
#[derive(Clone)]
pub struct RecoveryCode(String);

impl RecoveryCode {
    /// As many as somebody gets: 80 random bits each.
    pub fn generate() -> Result<Vec<Self>> {
        let mut codes = Vec::with_capacity(RECOVERY_CODES);
        for _ in 0..RECOVERY_CODES {
            let mut bytes = [0; RECOVERY_LETTERS];
            OsRng.try_fill_bytes(&mut bytes)?;
            codes.push(Self(bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect()));
        }
        Ok(codes)
    }

    /// One that somebody presents, however they part it. None where it cannot be one.
    pub fn presented(given: &str) -> Option<Self> {
        let code: String = given.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        let ours = code.len() == RECOVERY_LETTERS && code.bytes().all(|letter| LETTERS.contains(&letter));
        ours.then_some(Self(code))
    }

    /// What its owner writes down.
    pub fn reveal(&self) -> String {
        let quarters = self.0.as_bytes().chunks(4).map(|quarter| String::from_utf8_lossy(quarter).into_owned());
        quarters.collect::<Vec<_>>().join("-")
    }

    /// What is kept of it. No slow hash: nobody guesses 80 random bits.
    pub(crate) fn hash(&self, user: &UserId) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{user} {}", self.0)))
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed() -> Seed {
        Seed::kept(b"12345678901234567890".to_vec())
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a date")
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, the last six of eight digits.
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(seed().step_of(code, at(seconds)).expect("checked"), Some(seconds / 30), "{code}");
        }
        assert_eq!(seed().step_of("287082", at(59 + 30)).expect("checked"), Some(1), "a clock may be a step behind");
        assert_eq!(seed().step_of("287082", at(59 + 90)).expect("checked"), None);
        for guess in ["", "000000", "28708", "2870822", "٢٨٧٠٨٢"] {
            assert_eq!(seed().step_of(guess, at(59)).expect("checked"), None, "{guess}");
        }
    }

    #[test]
    fn an_app_reads_whose_codes_they_are() {
        let url = seed().url("Mercato: the shop", "ada@example.com").expect("an address");
        assert!(url.starts_with("otpauth://totp/Mercato%20%20the%20shop:ada%40example.com?"), "{url}");
        assert!(url.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{url}");
        assert_eq!(format!("{:?}", seed()), "Seed(…)");
    }

    #[test]
    fn a_recovery_code_is_read_however_it_is_parted_and_never_prints() {
        let codes = RecoveryCode::generate().expect("entropy");
        let user = UserId::generate();
        assert_eq!(codes.len(), RECOVERY_CODES);
        let shown = codes[0].reveal();
        assert_eq!((shown.len(), shown.matches('-').count()), (19, 3), "{shown}");
        for typed in [shown.clone(), shown.replace('-', ""), format!(" {} ", shown.to_uppercase().replace('-', " "))] {
            assert_eq!(RecoveryCode::presented(&typed).expect("ours").hash(&user), codes[0].hash(&user), "{typed}");
        }
        assert_ne!(codes[0].hash(&user), codes[1].hash(&user));
        assert_ne!(codes[0].hash(&user), codes[0].hash(&UserId::generate()), "it is one user's");
        assert!(RecoveryCode::presented("123456").is_none() && RecoveryCode::presented("").is_none());
        assert_eq!(format!("{:?}", codes[0]), "RecoveryCode(…)");
    }
}
