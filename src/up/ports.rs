//! Free ports, so that two shops never meet.
//!
//! A port is chosen here and listened on later, by another process. Between the two nobody may take it: not an outgoing
//! connection, so it lies below those that kernels give out by themselves; and not another shop, so a lock on a file
//! named after it is held for as long as the shop runs.

use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

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
}

/// An address that nobody listens on and no other shop has chosen.
pub fn reserve() -> anyhow::Result<Reserved> {
    for _ in 0..TRIES {
        // The low bits of such an id are random.
        let port = FIRST + (Uuid::now_v7().as_u128() % u128::from(PORTS)) as u16;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let Some(lock) = lock(port) else { continue };
        if TcpListener::bind(address).is_ok() {
            return Ok(Reserved { address, _lock: lock });
        }
    }
    anyhow::bail!("there is no free port between {FIRST} and {}", FIRST + PORTS)
}

/// The port's lock; none where this machine keeps no such files. `None` where another shop holds it.
#[expect(clippy::option_option, reason = "the outer one says whether the port may be had at all")]
fn lock(port: u16) -> Option<Option<File>> {
    let folder = std::env::temp_dir().join("mercato-ports");
    let opened = std::fs::create_dir_all(&folder).and_then(|()| File::create(folder.join(port.to_string())));
    match opened {
        Ok(file) => file.try_lock().is_ok().then_some(Some(file)),
        Err(_another_users_folder) => Some(None),
    }
}

/// The address as it stands, or with a port of our choice in place of port 0.
pub fn resolve(address: SocketAddr) -> anyhow::Result<Reserved> {
    if address.port() == 0 {
        let reserved = reserve()?;
        let address = SocketAddr::new(address.ip(), reserved.address.port());
        return Ok(Reserved { address, ..reserved });
    }
    TcpListener::bind(address)
        .map_err(|cause| anyhow::anyhow!("{address} cannot be had ({cause}): give another `--listen`"))?;
    Ok(Reserved { address, _lock: None })
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
}
