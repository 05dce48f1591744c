//! The processes of a shop, found by what they were told.

use std::ffi::OsString;
use std::fs::DirEntry;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::Premises;

impl Premises {
    /// `kill -9` for each process of these premises whose arguments hold `words`.
    pub fn kill(&self, words: &str) {
        let found = self.processes(words);
        assert!(!found.is_empty(), "nothing ran in {}", self.data().display());
        for pid in found {
            signal("-KILL", &pid);
        }
    }

    /// Each process that was told of these premises and whose arguments, each ended by a zero, hold `words`.
    pub fn processes(&self, words: &str) -> Vec<OsString> {
        let data = self.data();
        let holds = |file: PathBuf, marker: &[u8]| {
            let bytes = std::fs::read(file).unwrap_or_default();
            marker.is_empty() || bytes.windows(marker.len()).any(|window| window == marker)
        };
        let marker = data.as_os_str().as_encoded_bytes();
        let belongs = |process: &DirEntry| {
            let at = |file: &str| process.path().join(file);
            (holds(at("cmdline"), marker) || holds(at("environ"), marker)) && holds(at("cmdline"), words.as_bytes())
        };
        let all = std::fs::read_dir("/proc").expect("Linux").flatten();
        all.filter(belongs).map(|process| process.file_name()).collect()
    }
}

/// Sends a signal to a process, which may be gone by now.
pub fn signal(name: &str, pid: &std::ffi::OsStr) {
    Command::new("kill").arg(name).arg(pid).stderr(Stdio::null()).status().expect("kill runs");
}
