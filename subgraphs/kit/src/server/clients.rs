//! How many connections each client has.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use crate::network::client_of;

/// Counts the connections of each client.
#[derive(Clone)]
pub struct Clients {
    most: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A connection that counts as its client's until this is dropped; or one that does not count.
pub struct Entered(Option<(IpAddr, Clients)>);

impl Clients {
    /// Lets in `most` connections of each client, or any number where that is 0.
    pub fn new(most: usize) -> Self {
        Self { most, open: Arc::default() }
    }

    /// None where this client has as many as it may have.
    pub fn enter(&self, peer: SocketAddr) -> Option<Entered> {
        if self.most == 0 {
            return Some(self.uncounted());
        }
        let client = client_of(peer.ip());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(client).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Entered(Some((client, self.clone()))))
    }

    pub fn uncounted(&self) -> Entered {
        Entered(None)
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let Some((client, clients)) = self.0.take() else { return };
        let mut open = clients.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                open.remove(&client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> SocketAddr {
        SocketAddr::new(address.parse().expect("an address"), 1)
    }

    #[test]
    fn a_client_has_so_many_connections_and_its_neighbour_others() {
        let clients = Clients::new(2);
        let first = clients.enter(at("192.0.2.1"));
        let second = clients.enter(at("::ffff:192.0.2.1"));
        assert!(first.is_some() && second.is_some());
        assert!(clients.enter(at("192.0.2.1")).is_none());
        assert!(clients.enter(at("192.0.2.2")).is_some());
        drop(first);
        assert!(clients.enter(at("192.0.2.1")).is_some());
        drop(second);
        assert!(clients.open.lock().expect("nothing panicked").is_empty(), "nobody is remembered");
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let clients = Clients::new(1);
        let _held = clients.enter(at("2001:db8::1"));
        assert!(clients.enter(at("2001:db8::ffff:2")).is_none());
        assert!(clients.enter(at("2001:db8:0:1::1")).is_some());
    }

    #[test]
    fn zero_is_no_bound() {
        let clients = Clients::new(0);
        let held: Vec<_> = (0..1_000).map_while(|_| clients.enter(at("192.0.2.1"))).collect();
        assert_eq!(held.len(), 1_000);
    }
}
