//! What a shop writes and says of its secrets.

use std::fs::Permissions;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};

use kit::testing::TestRedis;
use serde_json::json;
use system_tests::{Premises, Shop, mercato};

/// Everything below a folder, with its mode.
fn everything_in(folder: &Path) -> Vec<(String, u32)> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        found.push((folder.display().to_string(), std::fs::metadata(&folder).unwrap().mode() & 0o777));
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            // A running shop makes and deletes as it goes.
            let Ok(about) = std::fs::symlink_metadata(&path) else { continue };
            if about.is_dir() {
                waiting.push(path);
            } else {
                let kind = if about.file_type().is_socket() { " (socket)" } else { "" };
                found.push((format!("{}{kind}", path.display()), about.mode() & 0o777));
            }
        }
    }
    found
}

#[tokio::test]
async fn nobody_else_reads_anything_that_a_shop_writes() {
    let premises = Premises::fresh().await;
    let shop = Shop::open(&premises);
    shop.visitor().ask("{ __typename }", json!({})).await;
    let check = || {
        let found = everything_in(&premises.data());
        let open: Vec<_> = found.iter().filter(|(_, mode)| mode & 0o077 != 0).collect();
        assert!(open.is_empty(), "others have access to {open:?}");
        let names = found.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>().join("\n");
        for written in ["logs/orders.log", "appendonlydir", "router.yaml", "sealing.key", "lock", "search"] {
            assert!(names.contains(written), "the shop writes {written}: {names}");
        }
        println!("files: {} entries, none open to others", found.len());
        assert!(found.len() > 25, "{names}");
    };
    check();
    shop.stop();

    let open = |path: &Path, mode| std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    open(&premises.data(), 0o755);
    open(&premises.data().join("logs"), 0o755);
    open(&premises.data().join("logs/orders.log"), 0o644);
    open(&premises.data().join("sealing.key"), 0o644);
    let shop = Shop::open(&premises);
    assert!(shop.said().contains("others had access to 3 of the files"), "{}", shop.said());
    check();
}

#[tokio::test]
async fn a_secret_from_a_file_is_used_and_shows_up_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let (database, smtp) = (folder.path().join("database"), folder.path().join("smtp"));
    let premises = Premises::fresh().await;
    std::fs::write(&database, format!("{}\n", premises.database())).unwrap();
    std::fs::write(&smtp, "smtp://mercato:hunter2hunter2@127.0.0.1:1\n").unwrap();
    let mut command = Command::new(mercato());
    command
        .args(["up", "--leash", "--listen", "127.0.0.1:0", "--catalogue", "none", "--data"])
        .arg(premises.data())
        .env("MERCATO_DATABASE_FILE", &database)
        .env("MERCATO_MAIL__SMTP_FILE", &smtp)
        .env("MERCATO_REDIS", "redis://127.0.0.1:1/hunter2hunter2")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut shop = command.spawn().unwrap();
    // Held until it has ended: a shop whose leash is let go stops, perhaps before it has looked at its Redis.
    let leash = shop.stdin.take();
    let output = shop.wait_with_output().unwrap();
    drop(leash);
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    assert!(!output.status.success() && said.contains("Invalid database number"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");

    let mut command = premises.up();
    command.env("MERCATO_MAIL__SMTP_FILE", &smtp);
    let shop = Shop::started(command);
    let told: Vec<_> = premises.processes("hunter2").into_iter().collect();
    assert!(told.is_empty(), "command lines are everybody's to read: {told:?}");
    assert!(!premises.processes("serve\0users\0").is_empty());
    assert!(!shop.said().contains("hunter2"), "{}", shop.said());
    shop.stop();
    for log in std::fs::read_dir(premises.data().join("logs")).unwrap() {
        let path = log.unwrap().path();
        assert!(!std::fs::read_to_string(&path).unwrap().contains("hunter2"), "{}", path.display());
    }
}

#[tokio::test]
async fn keys_are_listed_and_changed_on_the_machine_of_the_shop_alone() {
    let premises = Premises::fresh().await;
    let shop = Shop::open(&premises);
    shop.stop();
    let keys = |action: &str| {
        let output = Command::new(mercato())
            .args(["keys", "--database", premises.database(), "--data"])
            .arg(premises.data())
            .arg(action)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        (output.status.success(), said)
    };
    let (_, listed) = keys("list");
    assert!(listed.contains("signs now") && listed.contains("sealed with"), "{listed}");
    assert!(keys("rotate").0);
    assert_eq!(keys("list").1.lines().count(), 3);

    std::fs::write(premises.data().join("sealing.key"), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n").unwrap();
    let (done, refused) = keys("list");
    assert!(!done && refused.contains("sealing_key_former"), "{refused}");
    let (done, replaced) = keys("replace");
    assert!(done && replaced.contains("signs now"), "{replaced}");
    let shop = Shop::open(&premises);
    shop.visitor().ask("{ __typename }", json!({})).await;
}

#[tokio::test]
async fn users_asks_for_its_sealing_key_and_says_how_to_make_one() {
    let premises = Premises::fresh().await;
    let redis = TestRedis::start().await;
    let output = Command::new(mercato())
        .args(["serve", "users"])
        .env("MERCATO_DATA", premises.data())
        .env("MERCATO_LISTEN", "127.0.0.1:0")
        .env("MERCATO_DATABASE", premises.database())
        .env("MERCATO_REDIS", redis.url())
        .env("MERCATO_MAIL__SMTP", "smtp://127.0.0.1:1")
        .env("MERCATO_MAIL__LINKS", "https://shop.example")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("sealing_key_file") && said.contains("openssl rand -base64 32"), "{said}");
}

#[test]
fn doctor_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(mercato())
        .args(["doctor", "--listen", "0.0.0.0:0", "--data"])
        .arg(folder.path().join("a/shop"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("will be made") && said.contains("WARNING") && said.contains("no TLS"), "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{said}");
}
