//! What the scripts do on a machine that has little. Each test makes a PATH of its own.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const SCRIPTS_NEED: [&str; 18] = [
    "awk", "bash", "cat", "curl", "cut", "df", "dirname", "env", "head", "ls", "mkdir", "mktemp", "mv", "rm", "sort",
    "touch", "tr", "uname",
];
const A_BUILD_NEEDS: [&str; 8] = ["as", "cargo", "cc", "collect2", "ld", "make", "rustc", "sh"];

/// A machine without a package manager, with these programs alone.
struct Machine {
    folder: TempDir,
}

impl Machine {
    fn with(programs: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for a PATH");
        let path = std::env::var_os("PATH").unwrap();
        for program in SCRIPTS_NEED.iter().chain(programs) {
            let found = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file());
            if let Some(file) = found {
                symlink(file, folder.path().join(program)).unwrap();
            }
        }
        Self { folder }
    }

    /// A program that does what the script says.
    fn put(&self, program: &str, script: &str) {
        let file = self.folder.path().join(program);
        let _absent = std::fs::remove_file(&file);
        std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn run(&self, command: &[&str]) -> Output {
        let mut run = Command::new("bash");
        // Where nobody listens, nothing can be downloaded.
        run.args(command).current_dir(checkout()).env("PATH", self.folder.path()).env_remove("APOLLO_ROUTER");
        run.env("MERCATO_ROUTER_RELEASE", "http://127.0.0.1:1").output().expect("bash runs")
    }
}

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the checkout").to_owned()
}

fn complaint(run: &Output) -> String {
    String::from_utf8_lossy(&run.stderr).into_owned()
}

#[test]
fn a_function_of_a_script_is_no_program_of_the_machine() {
    let machine = Machine::with(&[]);
    let run = machine.run(&["-c", ". scripts/machine.sh; protoc() { :; }; has bash && ! has protoc"]);
    assert!(run.status.success(), "{}", complaint(&run));
}

#[test]
fn a_router_is_not_built_before_all_that_the_build_needs_is_there() {
    let machine = Machine::with(&A_BUILD_NEEDS);
    machine.put("cargo", "echo the build began >&2; exit 101");
    let folder = tempfile::tempdir().unwrap();
    let run = machine.run(&["router/install.sh", folder.path().to_str().unwrap()]);
    let said = complaint(&run);
    assert_eq!(run.status.code(), Some(1), "{said}");
    assert!(said.contains("missing: protobuf-compiler libprotobuf-dev"), "{said}");
    assert!(said.contains("please install"), "{said}");
    assert!(!said.contains("the build began"), "{said}");
}

#[test]
fn a_protoc_without_its_own_files_counts_as_missing() {
    let machine = Machine::with(&A_BUILD_NEEDS);
    machine.put("protoc", "echo google/protobuf/timestamp.proto: File not found. >&2; exit 1");
    let folder = tempfile::tempdir().unwrap();
    let said = complaint(&machine.run(&["router/install.sh", folder.path().to_str().unwrap()]));
    assert!(said.contains("missing: protobuf-compiler libprotobuf-dev"), "{said}");
}

#[test]
fn a_router_whose_build_failed_goes_on_from_what_was_built() {
    let machine = Machine::with(&A_BUILD_NEEDS);
    machine.put("protoc", "exit 0");
    machine.put(
        "cargo",
        "mkdir -p \"$CARGO_TARGET_DIR\"; ls \"$CARGO_TARGET_DIR\" >&2; touch \"$CARGO_TARGET_DIR/half\"; exit 101",
    );
    let folder = tempfile::tempdir().unwrap();
    let install = ["router/install.sh", folder.path().to_str().unwrap()];
    let first = complaint(&machine.run(&install));
    assert!(first.contains("from source: the build failed"), "{first}");
    let again = complaint(&machine.run(&install));
    assert!(again.contains("going on with the build"), "{again}");
    assert!(folder.path().join("router-build/half").is_file(), "{again}");
}
