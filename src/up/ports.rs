//! Free ports, so that two shops never meet.
//!
//! A port is chosen here and listened on later, by another process. Between the two nobody may take it: not an outgoing
//! connection, so it lies below those that kernels give out by themselves; and not another shop, so a lock on a file
//! named after it is held for as long as the shop runs.
//!
//! Nor may anybody take it while the process that listened there is started again: passwords and tokens go to it. So a
//! socket is bound to the ports of our own roles for as long as the shop runs. It takes no connection, and shares the port
//! with processes of the same user that say so. The router, which is another's program, says nothing of the kind.

use std::fs::{File, OpenOptions};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use tokio::net::TcpSocket;
use uuid::Uuid;

/// Below the ports that Linux and macOS give to outgoing connections.
const FIRST: u16 = 15_000;
const PORTS: u16 = 17_000;
const TRIES: usize = 10_000;

/// An address on the loopback interface that is this shop's until it is dropped.
#[derive(Debug)]
pub struct Reserved {
    pub address: SocketAddr,
    _lock: Option<File>,
    _held: Option<TcpSocket>,
}

impl Reserved {
    /// Lets a program have the port that does not say that it is one of ours.
    pub fn for_another_program(self) -> Self {
        Self { _held: None, ..self }
    }
}

/// A socket that takes no connection. With `SO_REUSEADDR` others could bind there too, for it does not listen.
fn hold(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Listens on an address that is held for us.
pub fn listen(address: SocketAddr) -> io::Result<tokio::net::TcpListener> {
    const BACKLOG: u32 = 1024;
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// An address that nobody listens on and no other shop has chosen.
pub fn reserve() -> anyhow::Result<Reserved> {
    for _ in 0..TRIES {
        // The low bits of such an id are random.
        let port = FIRST + (Uuid::now_v7().as_u128() % u128::from(PORTS)) as u16;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let Some(lock) = lock(port) else { continue };
        if let Ok(held) = hold(address) {
            return Ok(Reserved { address, _lock: lock, _held: Some(held) });
        }
    }
    anyhow::bail!("there is no free port between {FIRST} and {}", FIRST + PORTS)
}

/// The port's lock; none where this machine keeps no such files. `None` where another shop holds it.
#[expect(clippy::option_option, reason = "the outer one says whether the port may be had at all")]
fn lock(port: u16) -> Option<Option<File>> {
    match open(&std::env::temp_dir(), port) {
        Ok(file) => file.try_lock().is_ok().then_some(Some(file)),
        Err(_it_is_not_ours) => Some(None),
    }
}

/// Everybody may write in a folder for what is temporary, and so may have made ours, or links in it to files that are
/// dear to us: nothing is opened there that is not of our own making, and nothing is written over.
fn open(temporary: &Path, port: u16) -> io::Result<File> {
    let folder = folder(temporary)?;
    let no_links = OFlags::NOFOLLOW.bits().cast_signed();
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(no_links)
        .open(folder.join(port.to_string()))
}

fn folder(temporary: &Path) -> io::Result<PathBuf> {
    let us = rustix::process::geteuid().as_raw();
    let folder = temporary.join(format!("mercato-ports-{us}"));
    match std::fs::DirBuilder::new().mode(0o700).create(&folder) {
        Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => return Err(cause),
        _ => {}
    }
    let found = std::fs::symlink_metadata(&folder)?;
    let is_ours = found.is_dir() && found.uid() == us && found.mode() & 0o077 == 0;
    if is_ours { Ok(folder) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

/// The address as it stands, or with a port of our choice in place of port 0.
pub fn resolve(address: SocketAddr) -> anyhow::Result<Reserved> {
    if address.port() == 0 {
        let reserved = reserve()?;
        let address = SocketAddr::new(address.ip(), reserved.address.port());
        if reserved.address == address {
            return Ok(reserved);
        }
        let held = hold(address).map_err(|cause| taken(address, &cause))?;
        return Ok(Reserved { address, _held: Some(held), ..reserved });
    }
    // Whoever listens there may share the port with us, for all that the socket that is held knows.
    TcpListener::bind(address).map_err(|cause| taken(address, &cause))?;
    let held = hold(address).map_err(|cause| taken(address, &cause))?;
    Ok(Reserved { address, _lock: None, _held: Some(held) })
}

fn taken(address: SocketAddr, cause: &io::Error) -> anyhow::Error {
    anyhow::anyhow!("{address} cannot be had ({cause}): give another `--listen`")
}

/// Where a client on this machine reaches a server that listens on `address`.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
    } else {
        address
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_chosen_once() {
        let chosen: Vec<Reserved> = (0..50).map(|_| reserve().expect("a free port")).collect();
        let different: std::collections::BTreeSet<u16> = chosen.iter().map(|one| one.address.port()).collect();
        assert_eq!(different.len(), chosen.len());
    }

    #[tokio::test]
    async fn a_port_that_is_held_is_listened_on_again_by_us_and_by_nobody_else() {
        let held = reserve().expect("a free port");
        for _ in 0..2 {
            assert!(TcpListener::bind(held.address).is_err(), "it does not say that it is one of ours");
            let listener = listen(held.address).expect("it does");
            let client = tokio::net::TcpStream::connect(held.address);
            let (client, accepted) = tokio::join!(client, listener.accept());
            assert!(client.is_ok() && accepted.is_ok());
        }
        assert!(tokio::net::TcpStream::connect(held.address).await.is_err(), "holding is not listening");
    }

    #[test]
    fn a_lock_writes_over_nothing_and_follows_no_link() {
        let temporary = tempfile::tempdir().expect("a folder");
        let dear = temporary.path().join("dear");
        std::fs::write(&dear, "to us").expect("written");
        let folder = folder(temporary.path()).expect("ours");
        std::os::unix::fs::symlink(&dear, folder.join("15000")).expect("a link");
        assert!(open(temporary.path(), 15_000).is_err());
        std::fs::write(folder.join("15001"), "kept").expect("written");
        assert!(open(temporary.path(), 15_001).is_ok());
        assert_eq!(std::fs::read_to_string(folder.join("15001")).expect("read"), "kept");
        std::fs::remove_dir_all(&folder).expect("removed");
        std::os::unix::fs::symlink(temporary.path(), &folder).expect("a link");
        assert!(open(temporary.path(), 15_002).is_err());
        assert_eq!(std::fs::read_to_string(&dear).expect("read"), "to us");
    }
}
