//! Keeps a foreign program from outliving the shop that started it.
//!
//! A child reads its standard input from a pipe that its parent holds. However the parent ends, the pipe closes. The
//! foreign program reads nothing of ours: where the system knows how, it is told to end when the process ends that holds
//! it here, however that comes.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Pid, Signal, getppid, kill_process, set_parent_process_death_signal};
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

const GRACE: Duration = Duration::from_secs(10);

/// Resolves when standard input closes.
async fn parent_is_gone() {
    let mut stdin = tokio::io::stdin();
    let mut buffer = [0; 64];
    while matches!(stdin.read(&mut buffer).await, Ok(read) if read > 0) {}
}

/// Resolves when this process is to end: it is asked to, or it is leashed and its parent is gone.
pub async fn stop(leashed: bool) -> anyhow::Result<()> {
    let parent = async {
        if leashed {
            parent_is_gone().await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        asked = asked_to_stop() => asked,
        () = parent => Ok(()),
    }
}

async fn asked_to_stop() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Runs `program` until it ends by itself, standard input closes, or we are asked to stop.
pub async fn run(program: &[OsString]) -> anyhow::Result<()> {
    let name = program.first().context("name a program to run")?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(["leash".into(), format!("--to={}", std::process::id()), "--".into()])
        .args(program)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{} does not start", name.display()))?;
    tokio::select! {
        ended = child.wait() => {
            let status = ended?;
            anyhow::ensure!(status.success(), "{} ended: {status}", name.display());
            return Ok(());
        }
        asked = stop(true) => asked?,
    }
    if let Some(pid) = child.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
        kill_process(pid, Signal::TERM)?;
    }
    if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
        child.kill().await?;
    }
    Ok(())
}

/// Becomes `program`, which ends when the process `parent` does.
pub fn become_bound(program: &[OsString], parent: u32) -> anyhow::Result<()> {
    let (name, arguments) = program.split_first().context("name a program to run")?;
    set_parent_process_death_signal(Some(Signal::TERM))?;
    // It may have ended before it could be bound to.
    let lives = getppid().is_some_and(|pid| pid.as_raw_nonzero().get().cast_unsigned() == parent);
    anyhow::ensure!(lives, "the process that started {} has ended", name.display());
    let cause = std::process::Command::new(name).args(arguments).exec();
    Err(cause).with_context(|| format!("{} does not start", name.display()))
}
