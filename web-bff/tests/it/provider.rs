//! The certified OpenID provider of npm, and a real browser: what is in `tests/oidc`, installed once and run.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

const FILES: [&str; 4] = ["package.json", "package-lock.json", "provider.mjs", "browser.mjs"];

/// A provider that ends with its test.
pub struct OpenIdProvider {
    pub issuer: String,
    process: Child,
}

impl OpenIdProvider {
    /// None, with the reason on standard output, where there is no Node.
    pub fn start() -> Option<Self> {
        let script = installed()?.join("provider.mjs");
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

/// Where the scripts stand with what they need, installed at most once for a lock file.
pub fn installed() -> Option<&'static Path> {
    static INSTALLED: OnceLock<Option<PathBuf>> = OnceLock::new();
    INSTALLED.get_or_init(install).as_deref()
}

fn install() -> Option<PathBuf> {
    let npm = Command::new("npm").arg("--version").stdout(Stdio::null()).status();
    if !npm.is_ok_and(|status| status.success()) {
        println!("skipped: there is no Node here to run the OpenID provider");
        return None;
    }
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().find_map(|folder| {
        let sources = folder.join("web-bff/tests/oidc");
        sources.is_dir().then_some(sources)
    });
    let sources = sources.expect("the scripts are in the tree");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("oidc");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let lock = std::fs::read(sources.join("package-lock.json")).expect("there is a lock file");
    let done = folder.join("installed");
    for file in FILES {
        std::fs::copy(sources.join(file), folder.join(file)).expect("a script can be copied");
    }
    if std::fs::read(&done).ok().as_ref() != Some(&lock) {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&folder).stdout(Stdio::null());
        assert!(npm.status().expect("npm runs").success(), "npm ci failed");
        std::fs::write(&done, lock).expect("a file can be written");
    }
    Some(folder)
}

/// What Chromium sees of a shop: signs in through the provider, asks, signs out. None, with the reason on standard output,
/// where there is no Chromium.
pub async fn seen_by_chromium(shop: &str) -> Option<Value> {
    let found = ["chromium", "chromium-browser", "google-chrome"].iter().find_map(|name| {
        let version = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        version.is_ok_and(|status| status.success()).then_some(*name)
    });
    let Some(chromium) = found else {
        println!("skipped: there is no Chromium here");
        return None;
    };
    let which = Command::new("sh").args(["-c", "command -v \"$1\"", "sh", chromium]).output().expect("sh runs");
    let path = String::from_utf8(which.stdout).expect("a path is text");
    let script = installed()?.join("browser.mjs");
    let mut node = tokio::process::Command::new("node");
    let output = node.arg(script).arg(path.trim()).arg(shop).kill_on_drop(true).output().await.expect("node runs");
    let (said, complaint) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{complaint}");
    Some(serde_json::from_str(&said).expect("the script says JSON"))
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
