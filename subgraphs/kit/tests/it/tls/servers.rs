use std::net::TcpListener;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::authority::Authority;

/// The users of the servers: one who may do everything below `mercato:`, and one who reads.
const USERS: &str = "user default off\n\
    user mercato on >hunter2 ~mercato:* &* +@all\n\
    user reader on >hunter2 ~mercato:* +@read +@connection\n";
const TRIES: usize = 20;

/// A Redis that speaks TLS and nothing else.
pub struct TlsRedis {
    port: u16,
    _server: Child,
    _folder: TempDir,
}

/// A port that nobody listens on now. Another may be faster, so whoever starts there tries again.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// Whether a server takes connections at this port before it ends.
pub async fn comes_up(server: &mut Child, port: u16) -> bool {
    loop {
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return server.try_wait().expect("a child").is_none();
        }
        if server.try_wait().expect("a child").is_some() {
            return false;
        }
        tokio::task::yield_now().await;
    }
}

impl TlsRedis {
    pub async fn start(authority: &Authority, hosts: &[&str], asks_clients: bool) -> Self {
        let (certificate, key) = authority.issue("redis", hosts);
        let folder = tempfile::tempdir().expect("a folder");
        let users = folder.path().join("users.acl");
        std::fs::write(&users, USERS).expect("written");
        for _ in 0..TRIES {
            let port = free_port();
            let mut server = Command::new("redis-server")
                .args(["--port", "0", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--tls-port"])
                .arg(port.to_string())
                .arg("--tls-cert-file")
                .arg(&certificate)
                .arg("--tls-key-file")
                .arg(&key)
                .arg("--tls-ca-cert-file")
                .arg(authority.file())
                .args(["--tls-auth-clients", if asks_clients { "yes" } else { "no" }, "--aclfile"])
                .arg(&users)
                .arg("--dir")
                .arg(folder.path())
                .stdout(Stdio::null())
                .kill_on_drop(true)
                .spawn()
                .expect("redis-server is installed");
            if comes_up(&mut server, port).await {
                return Self { port, _server: server, _folder: folder };
            }
        }
        panic!("no Redis with TLS came up");
    }

    pub fn url(&self, scheme: &str, who: &str, host: &str) -> String {
        format!("{scheme}://{who}@{host}:{}", self.port)
    }
}
