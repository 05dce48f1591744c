//! `mercato up`, started for a test and stopped with it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use kit::messaging::Bus;
use kit::{CallerKeys, Clock};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::client::Client;
use crate::{catalogue, database};

/// Where a shop keeps its state. Outlives the shop, so that another can open there.
pub struct Premises {
    folder: TempDir,
    database: String,
    listen: &'static str,
    settings: Vec<(&'static str, String)>,
}

impl Premises {
    pub async fn fresh() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the shop");
        catalogue::write(&folder.path().join("catalogue.ndjson")).expect("the catalogue can be written");
        Self { folder, database: database::fresh().await, listen: "127.0.0.1:0", settings: Vec::new() }
    }

    /// Opened here, a shop finds this in its environment.
    pub fn with_setting(mut self, variable: &'static str, value: impl ToString) -> Self {
        self.settings.push((variable, value.to_string()));
        self
    }

    /// Opened here from now on, a shop listens there and finds nothing but this in its environment.
    pub fn refitted(self, listen: &'static str, settings: &[(&'static str, &str)]) -> Self {
        let settings = settings.iter().map(|&(variable, value)| (variable, value.to_owned())).collect();
        Self { listen, settings, ..self }
    }

    pub fn database(&self) -> &str {
        &self.database
    }

    /// Where a role keeps its rows: a URL, and the schema there that is its own.
    pub fn database_of(&self, role: &str) -> (String, String) {
        let file = self.data().join(format!("{role}.sqlite"));
        match self.database.as_str() {
            "sqlite" => (format!("sqlite://{}?mode=rw", file.display()), String::new()),
            url => (url.to_owned(), role.to_owned()),
        }
    }

    pub fn settings(&self) -> &[(&'static str, String)] {
        &self.settings
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// `mercato up` on these premises, with standard input as its leash.
    pub fn up(&self) -> Command {
        let mut command = Command::new(mercato());
        command
            .args(["up", "--leash", "--listen", self.listen, "--database", &self.database, "--data"])
            .arg(self.data())
            .arg("--catalogue")
            .arg(self.folder.path().join("catalogue.ndjson"))
            .envs(self.settings.iter().map(|(variable, value)| (variable, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command
    }
}

/// The program under test, built beside the tests, or beside the program that attacks it.
pub fn mercato() -> PathBuf {
    let running = std::env::current_exe().expect("a running program has a path");
    let beside = running.ancestors().skip(1).take(2).map(|folder| folder.join("mercato"));
    beside.into_iter().find(|path| path.is_file()).expect("`cargo build` builds the program under test first")
}

/// A running shop. It stops when this is dropped, or when the test's process ends however it ends.
pub struct Shop {
    up: Child,
    addresses: BTreeMap<String, String>,
    url: String,
    said: String,
}

static SHARED: OnceCell<Shop> = OnceCell::const_new();

impl Shop {
    /// The shop that the tests of one run share.
    pub async fn shared() -> &'static Self {
        SHARED.get_or_init(open_to_the_end).await
    }

    pub fn open(premises: &Premises) -> Self {
        Self::started(premises.up())
    }

    pub fn started(mut command: Command) -> Self {
        let up = command.spawn().expect("the shop starts");
        let mut shop = Self { up, addresses: BTreeMap::new(), url: String::new(), said: String::new() };
        let said = BufReader::new(shop.up.stdout.take().expect("its output is piped"));
        for line in said.lines() {
            let line = line.expect("it speaks UTF-8");
            if let Some(url) = line.strip_prefix("ready ") {
                shop.url = url.trim_end_matches('/').to_owned();
                return shop;
            }
            if let Some((name, address)) = line.trim().split_once(' ') {
                shop.addresses.insert(name.to_owned(), address.trim().trim_end_matches('/').to_owned());
            }
            shop.said.push_str(&line);
            shop.said.push('\n');
        }
        panic!("the shop ended before it was ready. It said:\n{}", shop.said);
    }

    /// What it said until it was ready.
    pub fn said(&self) -> &str {
        &self.said
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where one of its processes listens.
    pub fn address(&self, name: &str) -> &str {
        self.addresses.get(name).unwrap_or_else(|| panic!("the shop's table has no `{name}`"))
    }

    /// The port of a subgraph itself, for one of the shop's own processes.
    pub async fn door(&self, subgraph: &str) -> Client {
        let keys = CallerKeys::generate("system-tests", Clock::system()).expect("a key");
        let bus = Bus::connect(self.address("redis")).await.expect("the shop's Redis answers");
        keys.publish(&bus).await.expect("the key is published");
        let credential = keys.credential(None).expect("a credential");
        let credential = credential.to_str().expect("a token is plain text");
        Client::new(self.address(subgraph)).with_header("x-mercato-caller", credential)
    }

    /// Somebody who has not been here before.
    pub fn visitor(&self) -> Client {
        Client::new(&self.url)
    }

    /// The process that started all the others.
    pub fn pid(&self) -> u32 {
        self.up.id()
    }

    pub fn stop(mut self) {
        drop(self.up.stdin.take());
        self.up.wait().expect("the shop stops");
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        drop(self.up.stdin.take());
        // Nothing is left to do about a shop that cannot be waited for.
        let _status = self.up.wait();
    }
}

/// Nothing drops what a whole run shares, so a shell waits for the shop to stop and clears up behind it.
async fn open_to_the_end() -> Shop {
    let Premises { folder, database, .. } = Premises::fresh().await;
    let folder = folder.keep();
    let mut command = Command::new("sh");
    command
        .args(["-c", r#"mercato=$1; folder=$2; shift 2; "$mercato" up "$@"; rm -rf "$folder""#, "sh"])
        .arg(mercato())
        .arg(&folder)
        .args(["--leash", "--listen", "127.0.0.1:0", "--database", &database, "--data"])
        .arg(folder.join("data"))
        .arg("--catalogue")
        .arg(folder.join("catalogue.ndjson"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    Shop::started(command)
}
