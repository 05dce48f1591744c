//! A process that was started by hand, and what it says.

use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A process that does not say where it listens by then has died, or never will.
const SPEAKS_WITHIN: Duration = Duration::from_secs(60);
const LOOKS_AGAIN: Duration = Duration::from_millis(20);

/// A running process, which ends when its standard input closes.
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
    /// How long its log was when it started.
    since: usize,
}

impl Process {
    /// Starts it, writing what it says behind what stands in `log`.
    pub fn start(name: &str, mut command: Command, log: &Path) -> Self {
        let since = std::fs::read(log).unwrap_or_default().len();
        let file = OpenOptions::new().create(true).append(true).open(log).expect("a log can be written");
        let child = command
            .stdin(Stdio::piped())
            .stdout(file.try_clone().expect("a log has a handle"))
            .stderr(file)
            .spawn()
            .expect("it starts");
        Self { name: name.to_owned(), child, log: log.to_owned(), since }
    }

    pub fn has_ended(&mut self) -> bool {
        !self.child.try_wait().is_ok_and(|end| end.is_none())
    }

    /// What it has said so far.
    pub fn said(&self) -> String {
        let all = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&all[self.since.min(all.len())..]).into_owned()
    }

    /// The address in the line that says `words`, once it has said so.
    pub async fn address_in(&mut self, words: &str) -> SocketAddr {
        let until = Instant::now() + SPEAKS_WITHIN;
        loop {
            let said = self.said();
            let line = said.lines().find(|line| line.contains(words));
            if let Some(address) = line.and_then(|line| line.split("127.0.0.1:").nth(1)) {
                let port: String = address.chars().take_while(char::is_ascii_digit).collect();
                return SocketAddr::from(([127, 0, 0, 1], port.parse().expect("a port")));
            }
            assert!(!self.has_ended() && Instant::now() < until, "{} is not there: {said}", self.name);
            tokio::time::sleep(LOOKS_AGAIN).await;
        }
    }

    /// Waits until a URL answers with success.
    pub async fn answers(&mut self, url: &str) {
        let until = Instant::now() + SPEAKS_WITHIN;
        while !reqwest::get(url).await.is_ok_and(|answer| answer.status().is_success()) {
            assert!(!self.has_ended() && Instant::now() < until, "{} is not ready: {}", self.name, self.said());
            tokio::time::sleep(LOOKS_AGAIN).await;
        }
    }

    /// Tells it to stop, and says how long it took to.
    pub async fn stop(mut self) -> Duration {
        let since = Instant::now();
        drop(self.child.stdin.take());
        while !self.has_ended() {
            tokio::time::sleep(LOOKS_AGAIN).await;
        }
        since.elapsed()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A process that cannot be killed is dead.
        let _dead = self.child.kill();
        let _waited = self.child.wait();
    }
}
