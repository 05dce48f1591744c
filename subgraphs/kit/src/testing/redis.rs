//! A real Redis for one test.

use std::process::Stdio;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::messaging::Bus;

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
        let mut server = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(&socket)
            .arg("--dir")
            .arg(folder.path())
            .args(arguments)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("redis-server is installed");
        let mut said = BufReader::new(server.stdout.take().expect("its output is piped")).lines();
        while let Some(line) = said.next_line().await.expect("it speaks UTF-8") {
            if line.contains("eady to accept connections") {
                return Self { url: format!("unix://{}", socket.display()), _server: server, _folder: folder };
            }
        }
        panic!("redis-server ended before it was ready");
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub async fn bus(&self) -> Bus {
        Bus::connect(&self.url).await.expect("the test's Redis answers")
    }
}
