use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use kit::Db;
use kit::db::{Place, look};
use kit::testing::variable;
use sea_orm::ConnectionTrait;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::authority::Authority;
use super::servers::{comes_up, free_port};

const TRIES: usize = 20;

/// A Postgres that lets nobody in without TLS.
struct TlsPostgres {
    port: u16,
    _server: Child,
    _folder: TempDir,
}

/// Where the server's programs are; none on a machine without it.
fn programs() -> Option<PathBuf> {
    let on_path =
        std::env::var_os("PATH").into_iter().flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let packaged = versions.map(|version| version.path().join("bin"));
    let brewed = [PathBuf::from("/opt/homebrew/opt/postgresql/bin")];
    packaged
        .chain(on_path)
        .chain(brewed)
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// Whom to run as: Postgres refuses to be root. None where we are not root.
fn unprivileged(folder: &Path) -> Option<(u32, u32)> {
    if std::fs::metadata(folder).expect("it is there").uid() != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").expect("users");
    let of = |name: &str| {
        let fields: Vec<&str> = users.lines().find(|line| line.starts_with(&format!("{name}:")))?.split(':').collect();
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
    };
    Some(of("postgres").or_else(|| of("nobody")).expect("a user without privileges"))
}

impl TlsPostgres {
    async fn start(programs: &Path, authority: &Authority, hosts: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        let (certificate, key) = authority.issue("postgres", hosts);
        let (at, key_at) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        std::fs::copy(certificate, &at).expect("copied");
        std::fs::copy(key, &key_at).expect("copied");
        std::fs::set_permissions(&key_at, PermissionsExt::from_mode(0o600)).expect("ours");
        let user = unprivileged(folder.path());
        if let Some((uid, gid)) = user {
            for path in [folder.path(), &at, &key_at] {
                chown(path, Some(uid), Some(gid)).expect("we are root");
            }
        }
        let command = |program: &str| {
            let mut command = Command::new(programs.join(program));
            command.current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
            if let Some((uid, gid)) = user {
                command.uid(uid).gid(gid);
            }
            command
        };
        let made = command("initdb")
            .args(["--username", "mercato", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"])
            .arg("--pgdata")
            .arg(&data)
            .status();
        assert!(made.await.expect("initdb runs").success());
        std::fs::write(data.join("pg_hba.conf"), "hostssl all all all trust\n").expect("written");
        for _ in 0..TRIES {
            let port = free_port();
            let mut server = command("postgres")
                .arg("-D")
                .arg(&data)
                .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-c", "fsync=off", "-c", "ssl=on", "-k"])
                .arg(folder.path())
                .args(["-c", &format!("ssl_cert_file={}", at.display())])
                .args(["-c", &format!("ssl_key_file={}", key_at.display())])
                .spawn()
                .expect("postgres runs");
            if comes_up(&mut server, port).await {
                let server = Self { port, _server: server, _folder: folder };
                server.takes_statements(authority).await;
                return server;
            }
        }
        panic!("no Postgres with TLS came up");
    }

    /// It takes connections before it takes statements.
    async fn takes_statements(&self, authority: &Authority) {
        let url = self.url("localhost", &format!("sslmode=verify-ca&sslrootcert={}", authority.file().display()));
        while let Err(cause) = look(&Place::postgres(url.clone(), "")).await {
            assert!(cause.to_string().contains("starting up"), "{cause}");
        }
    }

    fn url(&self, host: &str, query: &str) -> String {
        format!("postgres://mercato:hunter2@{host}:{}/postgres?{query}", self.port)
    }
}

async fn opened(url: String) -> Result<Db, String> {
    let place = Place::postgres(url, "a_role");
    Db::open(&place).await.map_err(|cause| cause.to_string())
}

#[tokio::test]
async fn a_postgres_is_believed_when_it_proves_itself_and_not_before() {
    let Some(programs) = programs() else {
        assert!(variable("MERCATO_TEST_POSTGRES").is_none(), "there is a Postgres and its programs are not found");
        println!("skipped: there is no Postgres on this machine");
        return;
    };
    let (authority, another) = (Authority::new("the right one"), Authority::new("another"));
    let server = TlsPostgres::start(&programs, &authority, &["localhost"]).await;
    let (right, wrong) = (authority.file(), another.file());
    let verified =
        |host: &str, file: &Path| server.url(host, &format!("sslmode=verify-full&sslrootcert={}", file.display()));
    let db = opened(verified("localhost", &right)).await.expect("the right authority and host");
    let encrypted = "SELECT 1/ssl::int FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    db.reader().execute_unprepared(encrypted).await.expect("every connection is encrypted");
    let place = Place::postgres(verified("localhost", &right), "elsewhere");
    assert!(look(&place).await.expect("it is well").ends_with("over TLS"));
    let schemas = "SELECT 1/(1 - count(*)) FROM pg_namespace WHERE nspname = 'elsewhere'";
    db.reader().execute_unprepared(schemas).await.expect("who looks leaves nothing behind");

    let cases = [
        ("another authority", verified("localhost", &wrong), "`sslrootcert`"),
        ("the authorities of the world", server.url("localhost", "sslmode=verify-full"), "`sslrootcert`"),
        ("another host", verified("127.0.0.1", &right), "for another host"),
        ("without TLS", server.url("localhost", "sslmode=disable"), "sslmode=verify-full"),
        ("a file that is not there", verified("localhost", Path::new("/nowhere.pem")), "No such file"),
    ];
    let count = cases.len();
    for (what, url, said) in cases {
        let refused = opened(url).await.expect_err(what);
        assert!(refused.contains(said) && !refused.contains("hunter2"), "{what}: {refused}");
    }
    assert_eq!(count, 5);
}
