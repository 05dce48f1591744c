//! Which process of ours is calling: a signed credential, beside whatever proves who is asking.
//!
//! A subgraph answers the router and the edge, and nobody who merely reaches its port. The edge signs; the router passes
//! the credential on; a subgraph checks it. Keys are made in the signing process, never leave it and change by the hour.
//! Their public halves stand in Redis, which whoever calls must be able to write, as for the streams.

mod keys;
mod known;

use std::net::IpAddr;

use axum::http::HeaderName;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

pub use self::keys::CallerKeys;
pub use self::known::Callers;

/// Where the credential stands in a request.
pub const HEADER: HeaderName = HeaderName::from_static("x-mercato-caller");

/// How long what one of our processes says may be believed.
const LIFETIME: TimeDelta = TimeDelta::minutes(1);

/// Whom a credential is meant for.
const AUDIENCE: &str = "mercato-internal";

/// A process of ours that calls, as its credential says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The role that it plays.
    pub name: String,
    /// The address of the client that it calls for.
    pub client: Option<IpAddr>,
    /// What it may do beyond handing on what clients ask.
    pub acts: Vec<String>,
}

impl Caller {
    pub fn may(&self, act: &str) -> bool {
        self.acts.iter().any(|held| held == act)
    }
}

/// Something that one of our processes says, as it is signed.
#[derive(Debug, Serialize, Deserialize)]
struct Statement<T> {
    iss: String,
    aud: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    #[serde(flatten)]
    said: T,
}

/// What a credential says beyond who signed it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Call {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ip: Option<IpAddr>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    acts: Vec<String>,
}

/// Where the public half of a key stands in Redis.
fn published_key(kid: &str) -> String {
    format!("mercato:callers:{kid}")
}
