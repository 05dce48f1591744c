//! graphql-js, run in one process for all operations.

#![expect(clippy::print_stdout, reason = "a test that did not run says so")]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde_json::{Value, json};

use super::generator::Case;

const FILES: [&str; 3] = ["package.json", "package-lock.json", "answer.mjs"];

#[derive(Debug, Deserialize)]
pub struct Answer {
    /// Where it ended, if with an error: `parse`, `validate`, `variables` or `fields`.
    pub stage: Option<String>,
    /// The rules of validation that the document breaks.
    #[serde(default)]
    pub rules: Vec<String>,
    /// As graphql-js writes it.
    pub data: Option<String>,
    #[serde(default)]
    pub errors: Vec<Value>,
}

/// Answers to all cases. `None`, with the reason on standard output, where there is no Node.
pub fn answers(sdl: &str, cases: &[Case]) -> Option<Vec<Answer>> {
    let script = installed()?.join("answer.mjs");
    let mut node =
        Command::new("node").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("node runs");
    let mut stdin = node.stdin.take().expect("its input is piped");
    let lines: Vec<String> = std::iter::once(json!({ "sdl": sdl }))
        .chain(cases.iter().map(|case| json!({ "query": case.query, "variables": case.variables })))
        .map(|line| line.to_string())
        .collect();
    let writing = std::thread::spawn(move || lines.iter().try_for_each(|line| writeln!(stdin, "{line}")));
    let read = BufReader::new(node.stdout.take().expect("its output is piped")).lines();
    let answers =
        read.map(|line| serde_json::from_str(&line.expect("text")).expect("each line is an answer")).collect();
    writing.join().expect("no panic").expect("node reads all");
    assert!(node.wait().expect("node ends").success(), "graphql-js failed");
    Some(answers)
}

/// Where the script stands with what it needs, installed once for a lock file.
fn installed() -> Option<PathBuf> {
    let npm = Command::new("npm").arg("--version").stdout(Stdio::null()).status();
    if !npm.is_ok_and(|status| status.success()) {
        println!("skipped: there is no Node here to run graphql-js");
        return None;
    }
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/graphql-js");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("graphql-js");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    // The tests of the other engine want the same at the same time, and a script must be whole when it is run.
    let turn = std::fs::File::create(folder.join("turn")).expect("a file can be made");
    turn.lock().expect("a file can be locked");
    for file in FILES {
        let (source, target) = (sources.join(file), folder.join(file));
        if std::fs::read(&target).ok() != std::fs::read(&source).ok() {
            std::fs::copy(source, target).expect("a script can be copied");
        }
    }
    let lock = std::fs::read(sources.join("package-lock.json")).expect("there is a lock file");
    let done = folder.join("installed");
    if std::fs::read(&done).ok().as_ref() != Some(&lock) {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&folder).stdout(Stdio::null());
        assert!(npm.status().expect("npm runs").success(), "npm ci failed");
        std::fs::write(&done, lock).expect("a file can be written");
    }
    Some(folder)
}
