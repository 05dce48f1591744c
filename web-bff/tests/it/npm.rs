//! What of the tests is written for Node: installed once for a lock file, and run beside a real browser.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder of `web-bff/tests`, with what it needs, where it may write. None, with the reason on standard output, where
/// there is no Node.
pub fn installed(name: &str) -> Option<PathBuf> {
    let npm = Command::new("npm").arg("--version").stdout(Stdio::null()).status();
    if !npm.is_ok_and(|status| status.success()) {
        println!("skipped: there is no Node here to run web-bff/tests/{name}");
        return None;
    }
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().find_map(|folder| {
        let sources = folder.join("web-bff/tests").join(name);
        sources.is_dir().then_some(sources)
    });
    let sources = sources.expect("the scripts are in the tree");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).expect("a folder can be made");
    // Tests of other processes want the same.
    let turn = File::create(folder.join("turn")).expect("a file can be made");
    turn.lock().expect("a file can be locked");
    copy(&sources, &folder);
    let lock = fs::read(sources.join("package-lock.json")).expect("there is a lock file");
    let done = folder.join("installed");
    if fs::read(&done).ok().as_ref() != Some(&lock) {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&folder).stdout(Stdio::null());
        assert!(npm.status().expect("npm runs").success(), "npm ci failed");
        fs::write(&done, lock).expect("a file can be written");
    }
    Some(folder)
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder can be read") {
        let entry = entry.expect("a folder can be read");
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_name() == "node_modules" {
            continue;
        }
        if source.is_dir() {
            fs::create_dir_all(&target).expect("a folder can be made");
            copy(&source, &target);
        } else if fs::read(&target).ok() != fs::read(&source).ok() {
            fs::copy(&source, &target).expect("a script can be copied");
        }
    }
}

/// Where Chromium is. None, with the reason on standard output, where there is none.
pub fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let mut places = std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name)));
    let found = places.find(|place| place.is_file());
    if found.is_none() {
        println!("skipped: there is no Chromium here");
    }
    found
}

/// The last line that a script says, once it has ended well.
pub async fn said(node: &mut tokio::process::Command) -> serde_json::Value {
    let output = node.kill_on_drop(true).output().await.expect("node runs");
    let (said, complaint) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{complaint}");
    let last = said.lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|cause| panic!("{cause}: {said}{complaint}"))
}
