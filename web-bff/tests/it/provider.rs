//! The certified OpenID provider of npm, and a real browser: what is in `tests/oidc`, installed once and run.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::npm;

/// A provider that ends with its test.
pub struct OpenIdProvider {
    pub issuer: String,
    process: Child,
}

impl OpenIdProvider {
    /// None, with the reason on standard output, where there is no Node.
    pub fn start() -> Option<Self> {
        let script = npm::installed("oidc")?.join("provider.mjs");
        let mut node = Command::new("node");
        node.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = node.spawn().expect("node runs");
        let said = BufReader::new(process.stdout.take().expect("its output is piped"));
        let ready = said.lines().map_while(Result::ok).find_map(|line| line.strip_prefix("ready ").map(str::to_owned));
        Some(Self { issuer: ready.expect("the provider starts"), process })
    }
}

impl Drop for OpenIdProvider {
    fn drop(&mut self) {
        // It is gone already, or it goes now.
        let _ended = self.process.kill();
        let _status = self.process.wait();
    }
}

/// What Chromium sees of a shop: signs in through the provider, asks, signs out. None, with the reason on standard output,
/// where there is no Chromium.
pub async fn seen_by_chromium(shop: &str) -> Option<Value> {
    let chromium = npm::chromium()?;
    let script = npm::installed("oidc")?.join("browser.mjs");
    Some(npm::said(tokio::process::Command::new("node").arg(script).arg(chromium).arg(shop)).await)
}

/// The cookie is there, out of reach of scripts, and gone after the sign-out; no token came along.
pub fn assert_a_session_begins_and_ends(seen: &Value, shop: &str) {
    assert_eq!(seen["landedOn"], format!("{shop}/graphiql"), "{seen}");
    let cookie = &seen["cookie"];
    assert_eq!((&cookie["httpOnly"], &cookie["secure"]), (&Value::from(true), &Value::from(true)), "{seen}");
    assert_eq!((&cookie["sameSite"], &cookie["path"]), (&Value::from("Lax"), &Value::from("/")), "{seen}");
    let readable = seen["scripts"].to_string();
    assert!(!readable.contains("mercato=") && !readable.contains("eyJ"), "{readable}");
    assert!(seen["session"]["body"]["user"]["displayName"].is_string(), "{seen}");
    assert_eq!(seen["withoutHeader"]["status"], 403, "{seen}");
    assert!(seen["greeting"].as_str().is_some_and(|greeting| greeting.starts_with("Signed in as")), "{seen}");
    assert!(seen["cookieAfter"].is_null(), "{seen}");
    assert!(seen["sessionAfter"]["body"]["user"].is_null(), "{seen}");
    assert_eq!(seen["stolen"]["body"]["extensions"]["session"]["code"], "SESSION_ENDED", "{seen}");
    assert_eq!(seen["withTokens"], Value::Array(Vec::new()), "{seen}");
}
