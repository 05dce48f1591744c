//! How much memory the shop's processes hold.

use std::collections::BTreeMap;
use std::path::Path;

use crate::console::say;

/// A line for each process of the shop in `data`, and their sum. Reads /proc, so it knows Linux only.
pub fn print(data: &Path) {
    let Ok(data) = data.canonicalize() else { return };
    let mut by_name: BTreeMap<String, u64> = BTreeMap::new();
    for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        if let Some((name, kilobytes)) = member(&process.path(), &data) {
            *by_name.entry(name).or_default() += kilobytes;
        }
    }
    if by_name.is_empty() {
        return;
    }
    say("");
    say("resident memory, MiB");
    for (name, kilobytes) in &by_name {
        say(&format!("  {name:<14} {:>8.1}", *kilobytes as f64 / 1024.0));
    }
    say(&format!("  {:<14} {:>8.1}", "all", by_name.values().sum::<u64>() as f64 / 1024.0));
}

/// A process' name and resident kilobytes, if it belongs to the shop: `up` marks each by its environment or arguments.
fn member(process: &Path, data: &Path) -> Option<(String, u64)> {
    let arguments = std::fs::read(process.join("cmdline")).ok()?;
    let environment = std::fs::read(process.join("environ")).ok()?;
    let marker = data.as_os_str().as_encoded_bytes();
    let belongs = contains(&arguments, marker) || contains(&environment, marker);
    let words: Vec<&[u8]> = arguments.split(|byte| *byte == 0).collect();
    let is_leash = words.get(1) == Some(&b"leash".as_slice());
    if !belongs || is_leash {
        return None;
    }
    let name = match words.get(1) {
        _ if words.first().is_some_and(|title| title.starts_with(b"redis-server")) => b"redis",
        Some(&b"serve") => words.get(2).copied().unwrap_or_default(),
        _ => words.first()?.rsplit(|byte| *byte == b'/').next()?,
    };
    let status = std::fs::read_to_string(process.join("status")).ok()?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes = resident.trim().trim_end_matches(" kB").parse().ok()?;
    Some((String::from_utf8_lossy(name).split(' ').next()?.to_owned(), kilobytes))
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}
