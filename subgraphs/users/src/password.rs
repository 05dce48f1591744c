//! Passwords: what may be one, how it is kept, and how many are hashed at once.

mod strength;
mod written;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::{self, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kit::{Code, Failure, Refusal, Result};
use rand::TryRngCore;
use rand::rngs::OsRng;
use tokio::sync::Semaphore;

pub use strength::{Weak, known_of};
use written::written;

/// A password that somebody chose, as it is written. Never printed, never stored.
#[derive(Clone)]
pub struct Password(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("A password has {shortest} to {longest} characters.", shortest = Password::SHORTEST, longest = Password::LONGEST)]
pub struct NoPassword;

/// Why something is not to be a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFlaw {
    #[error(transparent)]
    Length(#[from] NoPassword),
    #[error(transparent)]
    Weak(#[from] Weak),
}

impl Password {
    pub const SHORTEST: usize = 8;
    pub const LONGEST: usize = 128;

    pub fn parse(given: String) -> Result<Self, NoPassword> {
        let given = written(&given);
        if (Self::SHORTEST..=Self::LONGEST).contains(&given.chars().count()) {
            Ok(Self(given))
        } else {
            Err(NoPassword)
        }
    }

    /// One that nobody guesses, to be told to somebody once.
    pub fn made_up() -> Result<String> {
        let mut bytes = [0; 18];
        OsRng.try_fill_bytes(&mut bytes)?;
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A password as it is kept: an argon2id string with its own salt and cost.
#[derive(Clone)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// A hash as it was stored.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// OWASP's first choice for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// What a password is compared with where there is no account: of the same cost as every other, and of no password.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$zeIzJStteBdSYIZ16+S9yQ$up7mAguXAOk2eCmhLtikmwXGxFHZA/gQjih7QioUtBQ";

/// How long somebody waits for a turn before they are asked to come again.
const PATIENCE: Duration = Duration::from_secs(10);

/// Hashes passwords beside the runtime, on half of the cores at most: a flood of sign-ins neither stops the shop nor fills
/// its memory.
#[derive(Clone, Debug)]
pub struct Hashing {
    turns: Arc<Semaphore>,
}

impl Hashing {
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { turns: Arc::new(Semaphore::new(cores.div_ceil(2))) }
    }

    pub async fn hash(&self, password: Password) -> Result<PasswordHash> {
        self.in_turn(move || {
            let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>())?;
            Ok(PasswordHash(argon2()?.hash_password(password.0.as_bytes(), &salt)?.to_string()))
        })
        .await
    }

    /// The password that somebody chooses, of whom `about` is known, if it is one.
    pub async fn choose(&self, given: String, about: Vec<String>) -> Result<Result<Password, PasswordFlaw>> {
        let password = match Password::parse(given) {
            Ok(password) => password,
            Err(flaw) => return Ok(Err(flaw.into())),
        };
        let weakness = self.in_turn({
            let password = password.clone();
            move || Ok(strength::weakness(&password.0, &about))
        });
        Ok(weakness.await?.map_or(Ok(password), |weak| Err(weak.into())))
    }

    /// Whether `given` is the password behind `hash`. Without a hash it is not, after the same work. A hash may be older
    /// than the way in which passwords are written: then it is of what was typed.
    pub async fn matches(&self, given: String, hash: Option<PasswordHash>) -> Result<bool> {
        self.in_turn(move || {
            let known = hash.is_some();
            let hash = hash.map_or_else(|| NOBODY.to_owned(), |hash| hash.0);
            let parsed = password_hash::PasswordHash::new(&hash)?;
            let is = |password: &str| match argon2()?.verify_password(password.as_bytes(), &parsed) {
                Ok(()) => Ok(known),
                Err(password_hash::Error::Password) => Ok(false),
                Err(cause) => Err(cause),
            };
            let written = written(&given);
            Ok(is(&written)? || (written != given && is(&given)?))
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, password_hash::Error> + Send + 'static,
    ) -> Result<T> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.map_err(|_elapsed| {
            Refusal::new(Code::Unavailable, "Too many people are signing in at this moment. Try again shortly.")
        })??;
        // The turn goes with the work, which goes on when the caller has hung up.
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await?.map_err(|cause| Failure::fault(anyhow::anyhow!("argon2: {cause}")))
    }
}

impl Default for Hashing {
    fn default() -> Self {
        Self::new()
    }
}

fn argon2() -> Result<Argon2<'static>, password_hash::Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_8_to_128_characters_of_any_kind() {
        for given in [String::new(), "1234567".into(), "x".repeat(129)] {
            assert!(Password::parse(given).is_err());
        }
        for given in ["12345678".into(), "x".repeat(128), "пароль-є".into(), "      \t\n".into()] {
            assert!(Password::parse(given).is_ok());
        }
    }

    #[tokio::test]
    async fn a_password_is_known_however_its_letters_are_put_together_and_an_older_hash_holds() {
        let hashing = Hashing::new();
        let (composed, apart) = ("gr\u{fc}ne Z\u{fc}ge", "gru\u{308}ne Zu\u{308}ge");
        let hash = hashing.hash(Password::parse(apart.into()).expect("long enough")).await.expect("hashed");
        for typed in [composed, apart] {
            assert!(hashing.matches(typed.into(), Some(hash.clone())).await.expect("compared"), "{typed}");
        }
        let older = hashing.hash(Password(apart.into())).await.expect("hashed");
        assert!(hashing.matches(apart.into(), Some(older.clone())).await.expect("compared"));
        assert!(!hashing.matches("green trains".into(), Some(older)).await.expect("compared"));
    }

    #[test]
    fn neither_a_password_nor_its_hash_ever_prints() {
        let password = Password::parse("correct horse".into()).expect("long enough");
        let hash = PasswordHash::stored("$argon2id$secret".into());
        assert_eq!(format!("{password:?} {hash:?}"), "Password(…) PasswordHash(…)");
    }

    #[tokio::test]
    async fn a_password_is_hashed_at_the_cost_that_owasp_advises() {
        let hashing = Hashing::new();
        let password = Password::parse("correct horse".into()).expect("long enough");
        let hash = hashing.hash(password.clone()).await.expect("hashed");
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_str());
        assert_ne!(hashing.hash(password).await.expect("hashed").as_str(), hash.as_str(), "each has its own salt");
        assert!(hashing.matches("correct horse".into(), Some(hash.clone())).await.expect("compared"));
        assert!(!hashing.matches("correct horse ".into(), Some(hash)).await.expect("compared"));
    }

    #[tokio::test]
    async fn nobody_s_hash_costs_what_every_hash_costs_and_matches_nothing() {
        let hashing = Hashing::new();
        let hash = hashing.hash(Password::parse("correct horse".into()).expect("long enough")).await.expect("hashed");
        let shape = |text: &str| {
            let parsed = password_hash::PasswordHash::new(text).expect("a PHC string");
            let salt = parsed.salt.map(|salt| salt.as_str().len());
            (parsed.algorithm.to_string(), parsed.params.to_string(), salt, parsed.hash.map(|hash| hash.len()))
        };
        assert_eq!(shape(NOBODY), shape(hash.as_str()));
        assert!(!hashing.matches(String::new(), None).await.expect("compared"));
    }
}
