//! The keys that sign tokens, and when each has its turn.

use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::JwkSet;
use kit::{Clock, Result, SigningKey};

/// How long an access token holds. A subgraph believes it that long, so not for long.
pub const LIFETIME: TimeDelta = kit::identity::token::LONGEST;
/// How long a key is published before it signs: longer than a replica takes to hear of it and a verifier keeps a former
/// answer.
pub const OVERLAP: TimeDelta = TimeDelta::minutes(6);
/// For clocks that differ: a key stays published for so long after its last token has ended.
const MARGIN: TimeDelta = TimeDelta::minutes(1);

/// The keys at one moment.
#[derive(Clone, Debug)]
pub struct SigningKeys {
    /// Signs now.
    pub current: SigningKey,
    /// Those before it whose tokens may still stand.
    pub former: Vec<SigningKey>,
    /// Published already, and yet to sign.
    pub upcoming: Vec<SigningKey>,
}

impl SigningKeys {
    /// What these keys are at the time `now`: they take turns in the order in which they were made. None without a key.
    pub fn at(now: DateTime<Utc>, made: &[SigningKey]) -> Option<Self> {
        let turns = made.iter().skip(1).take_while(|key| signs_from(key) <= now).count();
        let (past, rest) = made.split_at_checked(turns)?;
        let (current, upcoming) = rest.split_first()?;
        let successors = made.iter().skip(1);
        let former = past.iter().zip(successors).filter(|(_, successor)| stands_until(successor) > now);
        Some(Self {
            current: current.clone(),
            former: former.map(|(key, _)| key.clone()).collect(),
            upcoming: upcoming.to_vec(),
        })
    }

    /// What the world needs to check our tokens.
    pub fn jwks(&self) -> JwkSet {
        let all = std::iter::once(&self.current).chain(&self.upcoming).chain(&self.former);
        JwkSet { keys: all.map(|key| key.public().clone()).collect() }
    }
}

/// When a key has its turn, if it is not the first.
pub fn signs_from(key: &SigningKey) -> DateTime<Utc> {
    key.created_at + OVERLAP
}

/// Until when tokens may stand that were signed before `successor` had its turn.
pub fn stands_until(successor: &SigningKey) -> DateTime<Utc> {
    signs_from(successor) + LIFETIME + MARGIN
}

/// The keys as this process knows them. Another process may make a new one: look again before it has its turn.
#[derive(Clone, Debug)]
pub struct KeyRing {
    made: Arc<RwLock<Vec<SigningKey>>>,
    clock: Clock,
}

impl KeyRing {
    /// From keys in the order in which they were made; at least one.
    pub(crate) fn new(made: Vec<SigningKey>, clock: Clock) -> Self {
        Self { made: Arc::new(RwLock::new(made)), clock }
    }

    pub fn now(&self) -> Result<SigningKeys> {
        let made = self.made.read().unwrap_or_else(PoisonError::into_inner);
        let keys = SigningKeys::at(self.clock.now(), &made);
        keys.ok_or_else(|| kit::Failure::fault(anyhow::anyhow!("there is no key to sign with")))
    }

    /// Takes over what is known now. No keys at all are a mistake, and change nothing.
    pub(crate) fn learn(&self, made: Vec<SigningKey>) {
        if !made.is_empty() {
            *self.made.write().unwrap_or_else(PoisonError::into_inner) = made;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(minutes: &[i64]) -> Vec<SigningKey> {
        let at = |minute: &i64| DateTime::UNIX_EPOCH + TimeDelta::minutes(*minute);
        minutes.iter().map(|minute| SigningKey::generate(at(minute)).expect("a key")).collect()
    }

    /// Which keys are what at a minute, by their place.
    fn standing(made: &[SigningKey], minute: i64) -> (Vec<usize>, usize, Vec<usize>) {
        let keys = SigningKeys::at(DateTime::UNIX_EPOCH + TimeDelta::minutes(minute), made).expect("there is a key");
        let place = |key: &SigningKey| made.iter().position(|one| one.kid() == key.kid()).expect("one of them");
        let places = |keys: &[SigningKey]| keys.iter().map(place).collect();
        (places(&keys.former), place(&keys.current), places(&keys.upcoming))
    }

    #[test]
    fn a_new_key_is_published_before_it_signs_and_a_former_one_as_long_as_its_tokens_stand() {
        let made = made(&[0, 100]);
        assert_eq!(standing(&made[..1], 0), (vec![], 0, vec![]), "the first signs at once");
        assert_eq!(standing(&made, 100), (vec![], 0, vec![1]));
        assert_eq!(standing(&made, 105), (vec![], 0, vec![1]));
        assert_eq!(standing(&made, 106), (vec![0], 1, vec![]));
        assert_eq!(standing(&made, 121), (vec![0], 1, vec![]));
        assert_eq!(standing(&made, 122), (vec![], 1, vec![]));
    }

    #[test]
    fn keys_that_were_made_in_a_hurry_take_their_turns_in_order() {
        let made = made(&[0, 100, 101, 101]);
        assert_eq!(standing(&made, 104), (vec![], 0, vec![1, 2, 3]));
        assert_eq!(standing(&made, 106), (vec![0], 1, vec![2, 3]));
        assert_eq!(standing(&made, 107), (vec![0, 1, 2], 3, vec![]));
        assert_eq!(standing(&made, 500), (vec![], 3, vec![]));
    }

    #[test]
    fn without_a_key_there_are_none() {
        assert!(SigningKeys::at(DateTime::UNIX_EPOCH, &[]).is_none());
    }
}
