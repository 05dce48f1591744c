use std::time::Duration;

use serde::{Deserialize, Serialize};

/// `[http]` and `[edge.http]` in the configuration: how long a client may take, and how many there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The most connections at once. Who comes then gets a 503 and `Retry-After`.
    pub connections: usize,
    /// The most connections of one client, an IPv4 address or a /64 of IPv6; 0 for no bound. Those of the loopback and of
    /// proxies are not counted.
    pub connections_per_client: usize,
    /// Within how long a request's head must be there whole: from its first byte, and for the first request of a
    /// connection from the moment when that was accepted.
    pub head_ms: u64,
    /// Within how long a request's body must be there whole.
    pub body_ms: u64,
    /// How long a connection is kept between two requests.
    pub idle_ms: u64,
    /// How long a client may take next to nothing of its answer.
    pub write_ms: u64,
    /// After it is told to stop, how long a process goes on as before while `/ready` says no: until whoever sends it
    /// requests has noticed.
    pub drain_delay_ms: u64,
    /// How long the requests in hand may take after that.
    pub drain_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            connections_per_client: 0,
            head_ms: 10_000,
            body_ms: 30_000,
            idle_ms: 120_000,
            write_ms: 30_000,
            drain_delay_ms: 5_000,
            drain_ms: 10_000,
        }
    }
}

impl Limits {
    /// Nobody balances: a process that is told to stop need wait for nobody to notice.
    pub fn without_drain_delay(self) -> Self {
        Self { drain_delay_ms: 0, ..self }
    }

    pub fn head(&self) -> Duration {
        Duration::from_millis(self.head_ms)
    }

    pub fn body(&self) -> Duration {
        Duration::from_millis(self.body_ms)
    }

    pub fn idle(&self) -> Duration {
        Duration::from_millis(self.idle_ms)
    }

    pub fn write(&self) -> Duration {
        Duration::from_millis(self.write_ms)
    }

    pub fn drain_delay(&self) -> Duration {
        Duration::from_millis(self.drain_delay_ms)
    }

    pub fn drain(&self) -> Duration {
        Duration::from_millis(self.drain_ms)
    }
}
