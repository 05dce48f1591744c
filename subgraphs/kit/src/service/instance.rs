//! A name for each replica of a role. Consumers of a group are told apart by it, so two living processes must not share one.
//!
//! Whoever starts claims the name in Redis and shows from time to time that it lives. A claim that nobody keeps alive is
//! taken over, so a process that was killed starts again under its own name.
//!
//! A Redis that is emptied forgets the claims, and for a moment another process may find the name free. Then the one that
//! had it first keeps it and the other ends. Of a group that both of them read each has heard a part, so the groups that
//! are the replica's alone are destroyed: it makes them anew, and knows that it may have missed something.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::random;
use redis::{AsyncCommands, ExistenceCheck, SetExpiry, SetOptions};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::Clock;
use crate::messaging::{Bus, explained};

const SHOWS_LIFE: Duration = Duration::from_secs(1);
/// A claim that shows no life for so long is nobody's.
const PATIENCE: Duration = Duration::from_secs(4);
const LOOKS: Duration = Duration::from_millis(200);
/// So long after a claim that was weaker than ours its process has seen ours, and reads no more.
const SETTLED: Duration = Duration::from_secs(3);
/// How long a claim is kept that nobody gives back.
const KEPT_S: u64 = 60;

/// A replica's name, and the claim that nobody else goes by it.
pub struct Instance {
    bus: Bus,
    key: String,
    claim: Claim,
    beats: AtomicU64,
    /// When it was claimed.
    claimed: Instant,
    trouble: watch::Sender<Option<String>>,
    /// Groups that this replica alone reads, each with its stream.
    own_groups: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Claim {
    /// Drawn at random by each process.
    by: u64,
    process: Process,
    /// One more than that of the claim that it took over.
    #[serde(default)]
    term: u64,
    /// When it was made, in milliseconds since 1970.
    #[serde(default)]
    since: i64,
    /// Another number each time that the process shows that it lives.
    beat: u64,
}

/// Whose claim stands where ours should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Met {
    /// Nobody else's.
    Nobody,
    /// That of a process which has to go.
    Weaker,
    /// That of a process which the name belongs to.
    Stronger,
}

/// Which process it is, for whoever runs beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Process {
    /// The machine since its last start, and the processes that are seen there; empty where the system does not say.
    space: String,
    pid: u32,
}

/// The name of this machine, which is that of the pod or the container where there are such.
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

impl Instance {
    /// Claims `name` among the replicas of `role`. An error where another process goes by it.
    pub async fn claim(bus: &Bus, role: &str, name: &str) -> anyhow::Result<Self> {
        let key = format!("mercato:instances:{role}:{name}");
        let since = Clock::system().now().timestamp_millis();
        let claim = Claim { by: random(), process: Process::this(), term: 0, since, beat: 0 };
        let mut instance = Self {
            bus: bus.clone(),
            key,
            claim,
            beats: AtomicU64::new(0),
            claimed: Instant::now(),
            trouble: watch::Sender::new(None),
            own_groups: Vec::new(),
        };
        if !instance.put_first().await.map_err(|cause| explained(&cause))? {
            let former = instance.outlive(role, name).await?;
            instance.claim.term = former.map_or(0, |former| former.term.saturating_add(1));
            instance.put_over().await.map_err(|cause| explained(&cause))?;
            instance.claimed = Instant::now();
        }
        Ok(instance)
    }

    /// Destroys these groups, each with its stream, should another process have gone by the name for a moment.
    pub fn with_own_groups(self, own_groups: Vec<(String, String)>) -> Self {
        Self { own_groups, ..self }
    }

    /// Waits until the claim that stands proves to be nobody's, and gives it.
    async fn outlive(&self, role: &str, name: &str) -> anyhow::Result<Option<Claim>> {
        let Some(first) = self.standing().await? else { return Ok(None) };
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            let Some(now) = self.standing().await? else { return Ok(None) };
            if now.process.has_ended() {
                return Ok(Some(now));
            }
            anyhow::ensure!(
                now == first,
                "another {role} goes by the name `{name}` already: give each replica one of its own with `instance`"
            );
            tokio::time::sleep(LOOKS).await;
        }
        Ok(Some(first))
    }

    async fn standing(&self) -> redis::RedisResult<Option<Claim>> {
        let text: Option<String> = self.bus.connection().get(&self.key).await?;
        // What cannot be read is no claim of a living process of this version.
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Puts our claim where there is none, and says whether it did.
    async fn put_first(&self) -> redis::RedisResult<bool> {
        let options = SetOptions::default().with_expiration(SetExpiry::EX(KEPT_S)).conditional_set(ExistenceCheck::NX);
        let done: Option<String> = self.bus.connection().set_options(&self.key, self.text()?, options).await?;
        Ok(done.is_some())
    }

    /// Puts our claim over whatever there is, and gives that, in one step: of two that do so in turns each sees the other.
    async fn put_over(&self) -> redis::RedisResult<Option<Claim>> {
        let options = SetOptions::default().with_expiration(SetExpiry::EX(KEPT_S)).get(true);
        let before: Option<String> = self.bus.connection().set_options(&self.key, self.text()?, options).await?;
        Ok(before.and_then(|text| serde_json::from_str(&text).ok()))
    }

    fn text(&self) -> redis::RedisResult<String> {
        let claim = Claim { beat: self.beats.load(Ordering::Relaxed), ..self.claim.clone() };
        Ok(serde_json::to_string(&claim).map_err(std::io::Error::from)?)
    }

    /// What is wrong with Redis, as this replica last met it: it has to be read and written for the name's sake.
    pub fn trouble(&self) -> watch::Receiver<Option<String>> {
        self.trouble.subscribe()
    }

    /// `silent`: for how long it has not done so.
    async fn show_life(&self, silent: Duration) -> redis::RedisResult<Met> {
        // Whoever was silent for so long was taken for gone, and who came since is right, also where Redis has forgotten us.
        if silent > PATIENCE && self.standing().await?.is_some_and(|claim| claim.by != self.claim.by) {
            return Ok(Met::Stronger);
        }
        self.beats.fetch_add(1, Ordering::Relaxed);
        Ok(match self.put_over().await? {
            Some(claim) if claim.by == self.claim.by => Met::Nobody,
            Some(claim) if claim.is_stronger_than(&self.claim) => Met::Stronger,
            Some(_) => Met::Weaker,
            None => Met::Nobody,
        })
    }

    /// Shows that this process lives until it is `gone`, and gives the name back then. Tells it to `stop` where the name
    /// belongs to another.
    pub async fn keep(self: Arc<Self>, stop: CancellationToken, gone: CancellationToken) {
        let (mut renew_at, mut shown): (Option<Instant>, Instant) = (None, self.claimed);
        loop {
            tokio::select! {
                () = gone.cancelled() => break,
                () = tokio::time::sleep(SHOWS_LIFE) => {}
            }
            let met = self.show_life(shown.elapsed()).await;
            if met.is_ok() {
                shown = Instant::now();
            }
            let trouble = met.as_ref().err().map(|cause| explained(cause).to_string());
            self.trouble.send_if_modified(|before| {
                let changed = *before != trouble;
                *before = trouble;
                changed
            });
            match met {
                Ok(Met::Stronger) => {
                    tracing::error!(key = self.key, "another process goes by this replica's name: this one ends");
                    stop.cancel();
                    return gone.cancelled().await;
                }
                Ok(Met::Weaker) => {
                    tracing::warn!(key = self.key, "another process took this replica's name: it has to end");
                    renew_at = Some(Instant::now() + SETTLED);
                }
                Ok(Met::Nobody) if renew_at.is_some_and(|at| at <= Instant::now()) => {
                    if self.destroy_own_groups().await.is_ok() {
                        renew_at = None;
                    }
                }
                Ok(Met::Nobody) | Err(_) => {}
            }
        }
        if matches!(self.standing().await, Ok(Some(claim)) if claim.by == self.claim.by) {
            let _expires: redis::RedisResult<()> = self.bus.connection().del(&self.key).await;
        }
    }

    async fn destroy_own_groups(&self) -> crate::Result<()> {
        for (stream, group) in &self.own_groups {
            self.bus.destroy_group(stream, group).await?;
        }
        Ok(())
    }
}

impl Claim {
    /// Whoever took a name over knows that it was nobody's; of two that found it free it is the first one's.
    fn is_stronger_than(&self, other: &Self) -> bool {
        (self.term, other.since, self.by) > (other.term, self.since, other.by)
    }
}

impl Process {
    fn this() -> Self {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
        let seen = std::fs::read_link("/proc/self/ns/pid");
        let space = match (boot, seen) {
            (Ok(boot), Ok(seen)) => format!("{} {}", boot.trim(), seen.display()),
            _ => String::new(),
        };
        Self { space, pid: std::process::id() }
    }

    /// Whether it ran here and does so no more.
    fn has_ended(&self) -> bool {
        let this = Self::this();
        !this.space.is_empty()
            && self.space == this.space
            && !std::path::Path::new("/proc").join(self.pid.to_string()).exists()
    }
}
