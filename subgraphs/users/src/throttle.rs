//! How often somebody may try: counted for each operation, by what it is tried on and by the client's address.
//!
//! What lets somebody into an account (its password, a code of its second factor) is tried in lanes: each device that its
//! owner signed in on before has one of its own, and of all others each client has. So whoever guesses waits, and nobody
//! else does, until very many clients guess.

mod allowance;
mod counted;
mod lane;
mod queue;
mod tally;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kit::Clock;
use kit::messaging::Bus;
use kit::network::{client_of, site_of};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use vocab::{SessionId, UserId};

use crate::mail::Occasion;
use crate::settings::Settings;
use allowance::Rate;
use counted::Counted;
use lane::Pace;
use queue::{Keys, Rules, Turn};
use tally::Tally;

/// What somebody tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    Login,
    /// To show a second factor, to get in.
    SecondFactor,
    /// To show once more who one is, in a session that goes on.
    StepUp,
    /// To choose a password: to see whether it is weak, and to hash it, takes work.
    NewPassword,
    Refresh,
    Register,
    /// To have a mail sent to an address. Each kind counts for itself, so that who asks for one in the owner's stead does
    /// not use up another.
    Mail(Occasion),
}

/// What strangers guess at to get into an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    Password,
    /// Of a second factor, by who has shown the first.
    Code,
}

/// A place among the strangers who try to get into an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    guess: Guess,
    /// None where there is no bound.
    keys: Option<Keys>,
    is_new: bool,
    /// Whether the owner should hear of what goes on there.
    pub is_suspect: bool,
}

/// Too many attempts: nothing was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyAttempts {
    pub retry_after_seconds: u32,
}

/// Counts attempts, for all replicas together; for this one alone while Redis is away.
#[derive(Clone)]
pub struct Throttle {
    settings: Settings,
    bus: Option<Bus>,
    here: Tally,
    clock: Clock,
    /// So many sign-ins are held back at once; more are sent away.
    held: Arc<Semaphore>,
}

const HELD: usize = 256;

/// The most codes that are looked at for one session, from one known device, and from one other client without a delay, and
/// passwords for one link, until one is right. No setting lifts it, nor those below: without a bound somebody comes upon
/// six digits.
const MOST_CODES: u32 = 10;
const LONGEST_DELAY_OF_CODES_MS: i64 = 900_000;
/// Codes that are looked at for one account, from all clients together.
const CODES: Rate = Rate { an_hour: 10, at_once: 30 };

impl Throttle {
    pub fn new(settings: Settings, bus: Option<Bus>, clock: Clock) -> Self {
        Self { settings, bus, here: Tally::new(clock.clone()), clock, held: Arc::new(Semaphore::new(HELD)) }
    }

    /// Waits for a turn among the strangers who try to get into `account`.
    pub async fn queue(&self, guess: Guess, account: &str, client: Option<IpAddr>) -> Result<Place, TooManyAttempts> {
        let Some(rules) = self.rules(guess) else {
            return Ok(Place { guess, keys: None, is_new: true, is_suspect: false });
        };
        let keys = keys(guess, account, client);
        let turn = self.take(&keys, rules).await;
        let sent_away = TooManyAttempts { retry_after_seconds: seconds(turn.wait_ms).max(1) };
        if !turn.is_taken {
            return Err(sent_away);
        }
        if turn.wait_ms > 0 {
            let Ok(_held) = self.held.try_acquire() else { return Err(sent_away) };
            tokio::time::sleep(Duration::from_millis(turn.wait_ms.unsigned_abs())).await;
        }
        Ok(Place { guess, keys: Some(keys), is_new: turn.is_new, is_suspect: turn.is_suspect })
    }

    /// Forgets that somebody waited there: they knew what others guess. What others have tried stays as it is.
    pub async fn leave(&self, place: &Place) {
        let (Some(keys), Some(Rules { rate, .. })) = (&place.keys, self.rules(place.guess)) else { return };
        self.here.give_back(keys, place.is_new, rate);
        if let Some(bus) = &self.bus {
            let now = self.clock.now().timestamp_millis();
            if let Err(cause) = queue::give_back(bus, keys, place.is_new, now, rate).await {
                tracing::debug!(%cause, "attempts are remembered until their time is over");
            }
        }
    }

    /// Lets a client try the passwords of `account` as if it had not tried before: it has shown whose it is.
    pub async fn pardon(&self, account: &str, client: Option<IpAddr>) {
        let Keys { client, site, .. } = keys(Guess::Password, account, client);
        for key in [client, site] {
            self.forget(&key).await;
        }
    }

    /// By what rules strangers guess. None where they may without any.
    fn rules(&self, guess: Guess) -> Option<Rules> {
        let Settings { logins_per_account, logins_per_account_an_hour, login_delay_seconds, .. } = self.settings;
        let longest_ms = i64::from(login_delay_seconds) * 1_000;
        match guess {
            Guess::Password => (logins_per_account > 0).then(|| Rules {
                pace: Pace { free: logins_per_account, longest_ms },
                rate: Rate {
                    an_hour: logins_per_account_an_hour,
                    at_once: logins_per_account_an_hour.saturating_mul(3),
                },
                patience_ms: i64::from(self.settings.login_wait_seconds) * 1_000,
            }),
            Guess::Code => Some(Rules {
                pace: Pace { free: MOST_CODES, longest_ms: LONGEST_DELAY_OF_CODES_MS },
                rate: CODES,
                patience_ms: 0,
            }),
        }
    }

    /// Whether the owner of `account` is to hear now of attempts that are not theirs. Only once in a while.
    pub async fn may_tell(&self, account: &str) -> bool {
        let seconds = self.settings.login_notice_hours.max(1).saturating_mul(3_600);
        self.count(&key(Attempt::Login, "told", account), seconds).await.attempts == 1
    }

    async fn take(&self, keys: &Keys, rules: Rules) -> Turn {
        if let Some(bus) = &self.bus {
            match queue::take(bus, keys, self.clock.now().timestamp_millis(), rules).await {
                Ok(turn) => return turn,
                Err(cause) => tracing::warn!(%cause, "attempts queue in this process alone"),
            }
        }
        self.here.queue(keys, rules)
    }

    /// Counts an attempt on `what` (an address, a session) that the client at `client` makes. What a client may not try
    /// any more is not counted against anybody else.
    pub async fn admit(
        &self,
        attempt: Attempt,
        what: Option<&str>,
        client: Option<IpAddr>,
    ) -> Result<(), TooManyAttempts> {
        let (per_thing, per_client) = self.bounds(attempt);
        let client = client.map(|client| client_key(attempt, client));
        let thing = what.map(|what| key(attempt, "thing", what));
        for (key, most) in [(client, per_client), (thing, per_thing)] {
            let Some(key) = key.filter(|_| most > 0) else { continue };
            let Counted { attempts, seconds_left } = self.count(&key, self.settings.attempts_seconds.max(1)).await;
            if attempts > most {
                return Err(TooManyAttempts { retry_after_seconds: seconds_left.max(1) });
            }
        }
        Ok(())
    }

    /// Forgets the attempts on `what`: the last one was right.
    pub async fn forgive(&self, attempt: Attempt, what: &str) {
        self.forget(&key(attempt, "thing", what)).await;
    }

    async fn forget(&self, key: &str) {
        self.here.forget(key);
        if let Some(bus) = &self.bus
            && let Err(cause) = counted::forget(bus, key).await
        {
            tracing::debug!(%cause, "attempts are remembered until their time is over");
        }
    }

    async fn count(&self, key: &str, seconds: u32) -> Counted {
        if let Some(bus) = &self.bus {
            match counted::count(bus, key, seconds).await {
                Ok(counted) => return counted,
                Err(cause) => tracing::warn!(%cause, "attempts are counted by this process alone"),
            }
        }
        self.here.count(key, seconds)
    }

    fn bounds(&self, attempt: Attempt) -> (u32, u32) {
        let Settings { logins_per_account, logins_per_client, .. } = self.settings;
        let Settings { refreshes_per_session, refreshes_per_client, .. } = self.settings;
        let Settings { registrations_per_client, mails_per_address, mails_per_client, .. } = self.settings;
        match attempt {
            Attempt::Login => (logins_per_account, logins_per_client),
            Attempt::SecondFactor | Attempt::StepUp | Attempt::NewPassword => (MOST_CODES, logins_per_client),
            Attempt::Refresh => (refreshes_per_session, refreshes_per_client),
            Attempt::Register => (mails_per_address, registrations_per_client),
            Attempt::Mail(_) => (mails_per_address, mails_per_client),
        }
    }
}

/// Where it is counted what somebody shows in a session to say once more who they are. Whoever tries elsewhere, to get in
/// or in a session that they have stolen, uses up nothing of it.
pub(crate) fn lane_of_session(user: &UserId, session: Option<&SessionId>) -> String {
    format!("{user} {}", session.map_or("", SessionId::as_str))
}

fn seconds(ms: i64) -> u32 {
    u32::try_from((ms + 999) / 1_000).unwrap_or(u32::MAX)
}

/// What is counted for a client: of mails all kinds together.
fn client_key(attempt: Attempt, client: IpAddr) -> String {
    let operation = if matches!(attempt, Attempt::Mail(_)) { "mail" } else { operation(attempt) };
    format!("mercato:attempts:{operation}:client:{}", digest(&client_of(client).to_string()))
}

/// What is remembered of strangers who guess at an account. All of it stands in one slot of a Redis cluster.
fn keys(guess: Guess, account: &str, client: Option<IpAddr>) -> Keys {
    let operation = match guess {
        Guess::Password => "login",
        Guess::Code => "second-factor",
    };
    let account = digest(account);
    let name = |rest: &str| format!("mercato:attempts:{operation}:{{{account}}}:{rest}");
    let of = |network: fn(IpAddr) -> IpAddr| client.map(|client| network(client).to_string()).unwrap_or_default();
    Keys {
        client: name(&format!("client:{}", digest(&format!("{account} {}", of(client_of))))),
        site: name(&format!("site:{}", digest(&format!("{account} {}", of(site_of))))),
        newcomers: name("newcomers"),
        others: name("others"),
    }
}

/// Names no address, of mail or of a machine.
fn key(attempt: Attempt, kind: &str, what: &str) -> String {
    format!("mercato:attempts:{}:{kind}:{}", operation(attempt), digest(what))
}

fn operation(attempt: Attempt) -> &'static str {
    match attempt {
        Attempt::Login => "login",
        Attempt::SecondFactor => "second-factor",
        Attempt::StepUp => "step-up",
        Attempt::NewPassword => "new-password",
        Attempt::Refresh => "refresh",
        Attempt::Register => "register",
        Attempt::Mail(occasion) => occasion.name(),
    }
}

fn digest(what: &str) -> String {
    let digest = Sha256::digest(what.trim().to_lowercase().as_bytes());
    URL_SAFE_NO_PAD.encode(&digest[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_nobody() {
        let key = key(Attempt::Login, "thing", "ada@example.com");
        assert!(!key.contains("ada") && !key.contains("example"), "{key}");
        assert_eq!(key, super::key(Attempt::Login, "thing", " Ada@Example.com "), "however it is spelled");
        assert_ne!(key, super::key(Attempt::Refresh, "thing", "ada@example.com"));
    }

    #[test]
    fn what_is_remembered_of_strangers_names_nobody_and_lies_together() {
        let of = |client: &str| keys(Guess::Password, "ada@example.com", Some(client.parse().expect("an address")));
        let Keys { client, site, newcomers, others } = of("192.0.2.1");
        let slot = |key: &str| key[key.find('{').expect("a tag")..key.find('}').expect("a tag")].to_owned();
        for key in [&client, &site, &newcomers, &others] {
            assert!(!key.contains("ada") && !key.contains("192"), "{key}");
            assert_eq!(slot(key), slot(&client));
        }
        assert_ne!(of("192.0.2.2").client, client);
        assert_eq!(of("192.0.2.2").site, site);
        assert_ne!(keys(Guess::Code, "ada@example.com", None).newcomers, newcomers);
        assert_eq!(keys(Guess::Password, " Ada@Example.com ", None).newcomers, newcomers, "however it is spelled");
    }

    #[test]
    fn each_kind_of_mail_counts_for_itself_and_for_a_client_all_of_them() {
        let [reset, verify] = [Occasion::PasswordReset, Occasion::Verify].map(Attempt::Mail);
        assert_ne!(key(reset, "thing", "ada@example.com"), key(verify, "thing", "ada@example.com"));
        let client = "192.0.2.1".parse().expect("an address");
        assert_eq!(client_key(reset, client), client_key(verify, client));
    }
}
