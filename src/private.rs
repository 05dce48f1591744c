//! Folders and files that are nobody's but ours: what a shop writes holds people's names, addresses and orders.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::Context;
use rustix::fs::Mode;

use crate::role::Role;

/// What group and others may do.
const OTHERS: u32 = 0o077;
/// Everybody writes there and nobody may take another's things away: `/tmp`.
const STICKY: u32 = 0o1000;

/// From now on nothing that this process or a child of it makes is anybody else's to read.
pub fn keep_to_ourselves() {
    rustix::process::umask(Mode::from_raw_mode(OTHERS));
}

/// Makes a folder, with those above it that are missing.
pub fn create_folder(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Writes a file that there is none of yet.
pub fn write_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = opened.with_context(|| format!("{} cannot be written", path.display()))?;
    file.write_all(bytes)?;
    Ok(file.sync_all()?)
}

/// Writes a file over what is there.
pub fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut file = open(OpenOptions::new().write(true).create(true).truncate(true), path)?;
    Ok(file.write_all(bytes)?)
}

/// Opens a file, made if need be, that nobody else reads.
pub fn open(options: &mut OpenOptions, path: &Path) -> anyhow::Result<File> {
    let opened = options.mode(0o600).open(path);
    let file = opened.with_context(|| format!("{} cannot be written", path.display()))?;
    if file.metadata()?.mode() & OTHERS != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// Whether others may look into a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    Closed,
    /// They may, until it is closed.
    Open,
}

/// Keeps others out of a folder that a shop's state is in, or is to be.
pub fn close_folder(path: &Path) -> anyhow::Result<()> {
    if look_at(path)? == Seen::Open {
        close(path, std::fs::metadata(path)?.mode(), 0o700)?;
        let folder = path.display();
        tracing::warn!(%folder, "others could look into the folder of this shop: they cannot any more");
    }
    Ok(())
}

/// Whether a folder is closed to others. An error where it is not ours to close.
pub fn look_at(path: &Path) -> anyhow::Result<Seen> {
    let found = std::fs::metadata(path)?;
    if found.mode() & OTHERS == 0 {
        return Ok(Seen::Closed);
    }
    let shown = path.display();
    let us = rustix::process::geteuid().as_raw();
    anyhow::ensure!(
        found.uid() == us,
        "{shown} belongs to another user (uid {}) and others may look into it: name a folder of your own with --data or \
         MERCATO_DATA",
        found.uid()
    );
    anyhow::ensure!(
        found.mode() & STICKY == 0,
        "{shown} is a folder for everybody, as /tmp is: name a folder of the shop's own with --data or MERCATO_DATA"
    );
    anyhow::ensure!(
        holds_nothing_of_others(path)?,
        "{shown} holds other things than a shop, and others may look into it: name a folder of its own with --data or \
         MERCATO_DATA"
    );
    Ok(Seen::Open)
}

/// Keeps others out of everything below a shop's folder, and says how many things they had access to.
pub fn close_all_below(folder: &Path) -> anyhow::Result<usize> {
    let (mut closed, mut waiting) = (0, vec![folder.to_owned()]);
    while let Some(folder) = waiting.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            // A link's own mode says nothing, and what it leads to is not ours to change.
            let Ok(found) = entry.metadata() else { continue };
            if found.is_symlink() {
                continue;
            }
            if found.mode() & OTHERS != 0 {
                close(&entry.path(), found.mode(), found.mode() & 0o700)?;
                closed += 1;
            }
            if found.is_dir() {
                waiting.push(entry.path());
            }
        }
    }
    Ok(closed)
}

fn close(path: &Path, from: u32, to: u32) -> anyhow::Result<()> {
    match std::fs::set_permissions(path, Permissions::from_mode(to)) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
            Err(cause).with_context(|| format!("others have access to {} (mode {:o})", path.display(), from & 0o7777))
        }
        _ => Ok(()),
    }
}

/// Whether a folder holds nothing but what a shop writes. To close another's folder would break what it is for, and a home
/// may well have a folder `logs`.
fn holds_nothing_of_others(folder: &Path) -> anyhow::Result<bool> {
    for entry in std::fs::read_dir(folder)? {
        if !is_a_shops(&entry?.file_name().to_string_lossy()) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_a_shops(name: &str) -> bool {
    let written =
        ["faults", "lock", "logs", "redis", "redis.sock", "router.yaml", "sealing.key", "supergraph.graphql", "tools"];
    let database = [".sqlite", ".sqlite-shm", ".sqlite-wal"].iter().find_map(|ending| name.strip_suffix(ending));
    written.contains(&name) || Role::SUBGRAPHS.iter().any(|role| role.name() == database.unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::symlink_metadata(path).expect("it is there").mode() & 0o777
    }

    fn open_to_all(folder: &Path) {
        std::fs::set_permissions(folder, Permissions::from_mode(0o755)).expect("ours");
    }

    #[test]
    fn a_shop_s_folder_that_others_could_look_into_is_closed_and_another_s_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let empty = folder.path().join("empty");
        create_folder(&empty).expect("made");
        assert_eq!(mode(&empty), 0o700);
        open_to_all(&empty);
        close_folder(&empty).expect("closed");
        assert_eq!(mode(&empty), 0o700);

        let shop = folder.path().join("shop");
        create_folder(&shop.join("logs")).expect("made");
        std::fs::write(shop.join("users.sqlite"), "").expect("written");
        open_to_all(&shop);
        close_folder(&shop).expect("closed");
        assert_eq!(mode(&shop), 0o700);

        let home = folder.path().join("home");
        for inside in ["pictures", "logs", "users", "orders"] {
            create_folder(&home.join(inside)).expect("made");
        }
        std::fs::write(home.join("users.sqlite"), "").expect("written");
        open_to_all(&home);
        let refused = close_folder(&home).expect_err("it is somebody's home").to_string();
        assert!(refused.contains("folder of its own"), "{refused}");
        assert_eq!(mode(&home), 0o755);
        let tmp = close_folder(Path::new("/tmp")).expect_err("it is everybody's").to_string();
        assert!(tmp.contains("--data"), "{tmp}");
    }

    #[test]
    fn everything_below_is_closed_but_what_links_lead_to() {
        let folder = tempfile::tempdir().expect("a folder");
        let (inside, outside) = (folder.path().join("shop"), folder.path().join("outside"));
        create_folder(&inside.join("a/b")).expect("made");
        for (file, bits) in [("a/b/rows", 0o644), ("a/program", 0o755), ("closed", 0o600)] {
            std::fs::write(inside.join(file), "").expect("written");
            std::fs::set_permissions(inside.join(file), Permissions::from_mode(bits)).expect("ours");
        }
        std::fs::write(&outside, "").expect("written");
        std::fs::set_permissions(&outside, Permissions::from_mode(0o644)).expect("ours");
        std::os::unix::fs::symlink(&outside, inside.join("link")).expect("linked");
        open_to_all(&inside.join("a"));
        assert_eq!(close_all_below(&inside).expect("closed"), 3);
        let modes = ["a", "a/b", "a/b/rows", "a/program", "closed"].map(|path| mode(&inside.join(path)));
        assert_eq!(modes, [0o700, 0o700, 0o600, 0o700, 0o600]);
        assert_eq!(mode(&outside), 0o644);
        assert_eq!(close_all_below(&inside).expect("closed"), 0);
    }

    #[test]
    fn a_file_is_written_closed_whatever_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        write_new(&path, b"one").expect("written");
        assert_eq!(mode(&path), 0o600);
        assert!(write_new(&path, b"two").is_err());
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("ours");
        write(&path, b"three").expect("written");
        assert_eq!((mode(&path), std::fs::read_to_string(&path).expect("ours")), (0o600, "three".to_owned()));
    }
}
