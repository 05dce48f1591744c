//! Keeps a foreign program from outliving the shop that started it.
//!
//! A child reads its standard input from a pipe that its parent holds. However the parent ends, the pipe closes.

use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
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
    let (name, arguments) = program.split_first().context("name a program to run")?;
    let mut child = Command::new(name)
        .args(arguments)
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
