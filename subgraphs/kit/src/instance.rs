//! A name for each replica of a role. Consumers of a group are told apart by it, so two living processes must not share one.
//!
//! Whoever starts claims the name in Redis and shows from time to time that it lives. A claim that nobody keeps alive is
//! taken over, so a process that was killed starts again under its own name.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::random;
use redis::{AsyncCommands, ExistenceCheck, SetExpiry, SetOptions};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::message::{Bus, explained};

const SHOWS_LIFE: Duration = Duration::from_secs(1);
/// A claim that shows no life for so long is nobody's.
const PATIENCE: Duration = Duration::from_secs(4);
const LOOKS: Duration = Duration::from_millis(200);
/// How long a claim is kept that nobody gives back.
const KEPT_S: u64 = 60;

/// A replica's name, and the claim that nobody else goes by it.
pub struct Instance {
    bus: Bus,
    key: String,
    claim: Claim,
    beats: AtomicU64,
    trouble: watch::Sender<Option<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Claim {
    /// Drawn at random by each process.
    by: u64,
    process: Process,
    /// Another number each time that the process shows that it lives.
    beat: u64,
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
        let claim = Claim { by: random(), process: Process::this(), beat: 0 };
        let instance =
            Self { bus: bus.clone(), key, claim, beats: AtomicU64::new(0), trouble: watch::Sender::new(None) };
        if !instance.put(true).await.map_err(|cause| explained(&cause))? {
            instance.outlive(role, name).await?;
            instance.put(false).await.map_err(|cause| explained(&cause))?;
        }
        Ok(instance)
    }

    /// Waits until the claim that stands proves to be nobody's.
    async fn outlive(&self, role: &str, name: &str) -> anyhow::Result<()> {
        let Some(first) = self.standing().await? else { return Ok(()) };
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            let Some(now) = self.standing().await? else { return Ok(()) };
            if now.process.has_ended() {
                return Ok(());
            }
            anyhow::ensure!(
                now == first,
                "another {role} goes by the name `{name}` already: give each replica one of its own with `instance`"
            );
            tokio::time::sleep(LOOKS).await;
        }
        Ok(())
    }

    async fn standing(&self) -> redis::RedisResult<Option<Claim>> {
        let text: Option<String> = self.bus.connection().get(&self.key).await?;
        // What cannot be read is no claim of a living process of this version.
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    async fn put(&self, only_where_there_is_none: bool) -> redis::RedisResult<bool> {
        let mut options = SetOptions::default().with_expiration(SetExpiry::EX(KEPT_S));
        if only_where_there_is_none {
            options = options.conditional_set(ExistenceCheck::NX);
        }
        let claim = Claim { beat: self.beats.load(Ordering::Relaxed), ..self.claim.clone() };
        let text = serde_json::to_string(&claim).map_err(std::io::Error::from)?;
        let done: Option<String> = self.bus.connection().set_options(&self.key, text, options).await?;
        Ok(done.is_some())
    }

    /// What is wrong with Redis, as this replica last met it: it has to be read and written for the name's sake.
    pub fn trouble(&self) -> watch::Receiver<Option<String>> {
        self.trouble.subscribe()
    }

    /// Whether another process goes by the name.
    async fn show_life(&self) -> redis::RedisResult<bool> {
        if self.standing().await?.is_some_and(|claim| claim.by != self.claim.by) {
            return Ok(true);
        }
        self.beats.fetch_add(1, Ordering::Relaxed);
        self.put(false).await?;
        Ok(false)
    }

    /// Shows that this process lives until told to stop, and gives the name back then.
    pub async fn keep(self: Arc<Self>, stop: CancellationToken) {
        let mut shared = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(SHOWS_LIFE) => {}
            }
            let is_shared = self.show_life().await;
            let trouble = is_shared.as_ref().err().map(|cause| explained(cause).to_string());
            self.trouble.send_if_modified(|before| {
                let changed = *before != trouble;
                *before = trouble;
                changed
            });
            if let Ok(now) = is_shared {
                if now && !shared {
                    tracing::error!(key = self.key, "another process goes by this replica's name: end one of them");
                }
                shared = now;
            }
        }
        if matches!(self.standing().await, Ok(Some(claim)) if claim.by == self.claim.by) {
            let _expires: redis::RedisResult<()> = self.bus.connection().del(&self.key).await;
        }
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
