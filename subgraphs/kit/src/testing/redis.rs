//! A real Redis for one test.

use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::message::Bus;

/// A private Redis on a socket of its own. It keeps nothing and ends with its test.
pub struct TestRedis {
    url: String,
    _server: Child,
    _folder: TempDir,
}

impl TestRedis {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// One that was given more arguments.
    pub async fn start_with(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test's Redis");
        let socket = folder.path().join("redis.sock");
        let server = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(&socket)
            .arg("--dir")
            .arg(folder.path())
            .args(arguments)
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("redis-server is installed");
        let redis = Self { url: format!("unix://{}", socket.display()), _server: server, _folder: folder };
        while Bus::connect(&redis.url).await.is_err() {
            tokio::task::yield_now().await;
        }
        redis
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub async fn bus(&self) -> Bus {
        Bus::connect(&self.url).await.expect("the test's Redis answers")
    }
}
