//! The foreign programs that the shop stands on.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::settle;
use crate::config::Config;
use crate::private;

/// The longest path that a Unix socket may have on every system we run on.
const LONGEST_SOCKET_PATH: usize = 100;
const REDIS_ANSWERS_WITHIN: Duration = Duration::from_secs(60);

/// The first program called `name` on the PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|candidate| candidate.is_file())
}

pub fn redis_server() -> anyhow::Result<PathBuf> {
    on_path("redis-server").ok_or_else(|| {
        anyhow::anyhow!(
            "redis-server is not on the PATH: install it (Debian, Ubuntu: apt-get install redis-server; macOS: brew \
             install redis), or name a running one with --redis redis://host:6379"
        )
    })
}

pub fn router(config: &Config) -> anyhow::Result<PathBuf> {
    let named = (!config.router.as_os_str().is_empty()).then(|| config.router.clone());
    if let Some(path) = named {
        anyhow::ensure!(path.is_file(), "there is no Apollo Router at {}", path.display());
        return Ok(path);
    }
    let kept = config.data.join("tools/apollo-router");
    let candidates = [on_path("apollo-router"), on_path("router"), Some(kept.clone())];
    candidates.into_iter().flatten().find(|path| path.is_file()).ok_or_else(|| {
        anyhow::anyhow!(
            "there is no Apollo Router: looked at --router, APOLLO_ROUTER, the PATH and {}. `router/install.sh {}` \
             gets one",
            kept.display(),
            config.data.join("tools").display()
        )
    })
}

/// A socket path that is short enough, whatever folder the state is in.
pub fn socket_path(data: &Path) -> anyhow::Result<PathBuf> {
    let beside = data.join("redis.sock");
    if beside.as_os_str().len() <= LONGEST_SOCKET_PATH {
        return Ok(beside);
    }
    let digest = Sha256::digest(data.as_os_str().as_bytes());
    let name = hex::encode(&digest[..8]);
    // Whoever could put a socket of their own there would be our Redis.
    let folder = std::env::temp_dir().join(format!("mercato-{name}"));
    private::create_folder(&folder)?;
    private::close_folder(&folder)?;
    Ok(folder.join("redis.sock"))
}

/// A Redis that outlived a killed shop holds our socket and our file. It is told to save and go.
pub async fn clear_stale_redis(url: &str) {
    let Ok(client) = redis::Client::open(url) else { return };
    if let Ok(mut connection) = client.get_multiplexed_async_connection().await {
        tracing::info!("a Redis of an earlier run is still there and is asked to stop");
        // It closes the connection instead of answering.
        let _closed = redis::cmd("SHUTDOWN").query_async::<()>(&mut connection).await;
    }
}

pub async fn redis_answers(config: &Config) -> anyhow::Result<()> {
    settle::redis(&config.redis_server()?, REDIS_ANSWERS_WITHIN).await
}
