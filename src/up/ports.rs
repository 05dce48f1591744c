//! Free ports, so that two shops never meet.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

/// `count` addresses on the loopback interface that nobody listens on now. All are held until all are found.
pub fn free(count: usize) -> anyhow::Result<Vec<SocketAddr>> {
    let listeners: Vec<TcpListener> =
        (0..count).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).collect::<Result<_, _>>()?;
    Ok(listeners.iter().map(TcpListener::local_addr).collect::<Result<_, _>>()?)
}

/// The address with a free port in place of port 0.
pub fn resolve(address: SocketAddr) -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind(address)
        .map_err(|cause| anyhow::anyhow!("{address} is taken ({cause}): give another `--listen`"))?
        .local_addr()?)
}

/// Where a client on this machine reaches a server that listens on `address`.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
    } else {
        address
    }
}
