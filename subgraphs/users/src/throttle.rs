//! How often somebody may try: counted for each operation, by what it is tried on and by the client's address.
//!
//! Passwords of one account are tried in lanes: each device that its owner signed in on before has one of its own, and all
//! others share one, in which whoever comes waits the longer the more have come. So nobody shuts an owner out.

mod counted;
mod lane;
mod tally;

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kit::Clock;
use kit::message::Bus;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::settings::Settings;
use counted::Counted;
use lane::{Pace, Turn};
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
    /// To have a mail sent to an address.
    Mail,
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

/// The most codes that are looked at for one account or session, and passwords for one link, until one is right. No setting
/// lifts it: without a bound somebody comes upon six digits.
const MOST_CODES: u32 = 10;

impl Throttle {
    pub fn new(settings: Settings, bus: Option<Bus>, clock: Clock) -> Self {
        Self { settings, bus, here: Tally::new(clock.clone()), clock, held: Arc::new(Semaphore::new(HELD)) }
    }

    /// Waits for a turn in the lane in which strangers try the passwords of `account`. Whether it is the first one that
    /// was not free: then its owner should hear of it.
    pub async fn queue(&self, account: &str) -> Result<bool, TooManyAttempts> {
        let Settings { logins_per_account: free, login_delay_seconds, login_wait_seconds, .. } = self.settings;
        if free == 0 {
            return Ok(false);
        }
        let pace = Pace {
            free,
            longest_ms: i64::from(login_delay_seconds) * 1_000,
            patience_ms: i64::from(login_wait_seconds) * 1_000,
            remembered_seconds: self.settings.attempts_seconds.max(1),
        };
        let turn = self.take(&lane_of(account), pace).await;
        let sent_away = TooManyAttempts { retry_after_seconds: seconds(turn.wait_ms).max(1) };
        if !turn.is_taken {
            return Err(sent_away);
        }
        if turn.wait_ms > 0 {
            let Ok(_held) = self.held.try_acquire() else { return Err(sent_away) };
            tokio::time::sleep(Duration::from_millis(turn.wait_ms.unsigned_abs())).await;
        }
        Ok(turn.number == free.saturating_add(1))
    }

    /// Forgets who queued there: the last one knew the password.
    pub async fn clear_lane(&self, account: &str) {
        self.forget(&lane_of(account)).await;
    }

    /// Whether the owner of `account` is to hear now of attempts that are not theirs. Only once in a while.
    pub async fn may_tell(&self, account: &str) -> bool {
        let seconds = self.settings.login_notice_hours.max(1).saturating_mul(3_600);
        self.count(&key(Attempt::Login, "told", account), seconds).await.attempts == 1
    }

    async fn take(&self, key: &str, pace: Pace) -> Turn {
        if let Some(bus) = &self.bus {
            match lane::take(bus, key, self.clock.now(), pace).await {
                Ok(turn) => return turn,
                Err(cause) => tracing::warn!(%cause, "attempts queue in this process alone"),
            }
        }
        self.here.take(key, pace)
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
        let client = client.map(|client| key(attempt, "client", &neighbourhood(client)));
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
            Attempt::Mail => (mails_per_address, mails_per_client),
        }
    }
}

fn lane_of(account: &str) -> String {
    key(Attempt::Login, "lane", account)
}

fn seconds(ms: i64) -> u32 {
    u32::try_from((ms + 999) / 1_000).unwrap_or(u32::MAX)
}

/// Names no address, of mail or of a machine.
fn key(attempt: Attempt, kind: &str, what: &str) -> String {
    let operation = match attempt {
        Attempt::Login => "login",
        Attempt::SecondFactor => "second-factor",
        Attempt::StepUp => "step-up",
        Attempt::NewPassword => "new-password",
        Attempt::Refresh => "refresh",
        Attempt::Register => "register",
        Attempt::Mail => "mail",
    };
    let digest = Sha256::digest(what.trim().to_lowercase().as_bytes());
    format!("mercato:attempts:{operation}:{kind}:{}", URL_SAFE_NO_PAD.encode(&digest[..16]))
}

/// Whoever has one address of IPv6 has all of its /64.
fn neighbourhood(client: IpAddr) -> String {
    match client.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).to_string(),
    }
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
    fn a_network_of_ipv6_is_one_client() {
        let at = |text: &str| neighbourhood(text.parse().expect("an address"));
        assert_eq!(at("2001:db8::1"), at("2001:db8::ffff:1"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
    }
}
