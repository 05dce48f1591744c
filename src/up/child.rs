//! One process, kept alive.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::process::{ChildStdin, Command};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::plan::Process;
use super::tools;
use crate::private;

/// A running process. When it dies it is started again, later each time that it dies young.
pub struct Child {
    stop: CancellationToken,
    watch: JoinHandle<()>,
}

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
const NO_LONGER_YOUNG: Duration = Duration::from_secs(5);
const GRACE: Duration = Duration::from_secs(20);
/// What `MERCATO_DEMO` was called.
const FORMER_DEMO: &str = "MERCATO_EDGE__DEMO";

impl Child {
    /// The first start must succeed; later ones are tried for ever.
    pub fn start(process: Process) -> anyhow::Result<Self> {
        let running = spawn(&process)?;
        let stop = CancellationToken::new();
        let watch = tokio::spawn(watch(process, running, stop.clone()));
        Ok(Self { stop, watch })
    }

    pub async fn stop(self) {
        self.stop.cancel();
        if let Err(cause) = self.watch.await {
            tracing::error!(%cause, "a process could not be waited for");
        }
    }
}

type Running = (tokio::process::Child, Option<ChildStdin>);

/// Each child leads a process group of its own, so that Ctrl-C reaches us alone and we stop them in order.
fn spawn(process: &Process) -> anyhow::Result<Running> {
    let log = private::open(OpenOptions::new().create(true).append(true), &process.log)?;
    let mut command = Command::new(&process.program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_overridden(name, process)) {
        command.env_remove(name);
    }
    let mut child = command
        .args(&process.arguments)
        .envs(&process.environment)
        .stdin(Stdio::piped())
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{} does not start", process.name))?;
    let leash = child.stdin.take();
    Ok((child, leash))
}

/// Whether a variable of ours is not for this process: it is told something else in its place, or nothing of the kind.
fn is_overridden(name: &OsStr, process: &Process) -> bool {
    let name = name.to_string_lossy().to_ascii_uppercase();
    let told = |name: &str| process.environment.contains_key(name);
    let instead = told(&name) || name.strip_suffix("_FILE").is_some_and(told) || name == FORMER_DEMO;
    name.starts_with("MERCATO_") && (instead || !process.is_ours)
}

async fn watch(process: Process, first: Running, stop: CancellationToken) {
    let mut running = Some(first);
    let mut pause = FIRST_PAUSE;
    loop {
        let since = Instant::now();
        if let Some((mut child, leash)) = running.take() {
            tokio::select! {
                ended = child.wait() => {
                    let status = ended.map_or_else(|cause| cause.to_string(), |status| status.to_string());
                    let name = &process.name;
                    tracing::warn!(name, status, log = %process.log.display(), "{name} ended and is started again");
                }
                () = stop.cancelled() => {
                    drop(leash);
                    if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
                        tracing::warn!(name = process.name, "does not stop and is killed");
                    }
                    return;
                }
            }
        }
        if since.elapsed() > NO_LONGER_YOUNG {
            pause = FIRST_PAUSE;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
        if let Some(url) = &process.redis {
            tools::clear_stale_redis(url).await;
        }
        match spawn(&process) {
            Ok(again) => running = Some(again),
            Err(cause) => tracing::error!(name = process.name, cause = format!("{cause:#}"), "does not start"),
        }
    }
}
