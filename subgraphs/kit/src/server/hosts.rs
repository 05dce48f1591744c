//! Which names a server answers to.
//!
//! A page can give its own name the address of somebody's machine. The browser then takes the server there for a part of
//! that page's site and shows the page whatever it answers. The name stands in `Host`, which no page can change: a server
//! that knows its names refuses the others.

use std::collections::BTreeSet;
use std::net::IpAddr;

use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::uri::Authority;

use super::connection::LocalAddress;
use crate::loopback::{is_loopback, is_loopback_host};

/// The names of a server. Ports do not matter: a page cannot choose the port of its own name's server and keep its site.
#[derive(Clone, Debug, Default)]
pub struct Hosts(BTreeSet<String>);

/// A request that names another server, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misdirected {
    /// What it names; none where it names nothing, or nothing that is a host.
    pub host: Option<String>,
}

impl Hosts {
    pub fn named<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> Self {
        Self(names.into_iter().map(|name| plain(name.as_ref())).collect())
    }

    /// Whether a request is for this server: by one of its names, by the address that the connection came to, or, where
    /// that is the machine's own, by the names of the loopback.
    pub fn admit(&self, request: &Parts) -> Result<(), Misdirected> {
        let Some(host) = host(request) else { return Err(Misdirected { host: None }) };
        let local = request.extensions.get::<LocalAddress>().map(|LocalAddress(local)| local.ip().to_canonical());
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
        let address = address.map(|address| address.to_canonical());
        let here = local.is_some_and(|local| (is_loopback(local) && is_loopback_host(&host)) || address == Some(local));
        if here || self.0.contains(&host) { Ok(()) } else { Err(Misdirected { host: Some(host) }) }
    }
}

/// The one host that a request names, without its port. A user's name before it, or nothing at all, makes it none.
fn host(request: &Parts) -> Option<String> {
    let bare = |authority: &Authority| !authority.host().is_empty() && !authority.as_str().contains('@');
    let mut named = request.headers.get_all(HOST).into_iter();
    let header = named.next().map(|host| host.to_str().ok()?.parse::<Authority>().ok().filter(bare));
    if named.next().is_some() {
        return None;
    }
    // A target in absolute form counts, as RFC 9112 says; beside another `Host` neither does.
    if !request.uri.authority().is_none_or(bare) {
        return None;
    }
    let host = match (request.uri.authority(), header) {
        (Some(target), Some(header)) => Some(target.host()).filter(|_| header.is_some_and(|named| named == *target))?,
        (Some(target), None) => target.host(),
        (None, Some(header)) => return Some(plain(header?.host())),
        (None, None) => return None,
    };
    Some(plain(host))
}

fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn admitted(local: &str, target: &str, hosts: &[&str]) -> bool {
        let mut request = Request::builder().uri(target);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        let mut parts = request.body(()).expect("a request").into_parts().0;
        parts.extensions.insert(LocalAddress(local.parse().expect("an address")));
        Hosts::named(["www.example.com", "api.example.com"]).admit(&parts).is_ok()
    }

    #[test]
    fn a_server_answers_to_its_names_whatever_the_port() {
        for host in ["www.example.com", "WWW.Example.COM:8443", "api.example.com.", "203.0.113.7", "203.0.113.7:1"] {
            assert!(admitted("203.0.113.7:443", "/", &[host]), "{host}");
        }
        assert!(admitted("[2001:db8::1]:443", "/", &["[2001:db8::1]:443"]));
        assert!(admitted("203.0.113.7:443", "http://www.example.com/", &["www.example.com"]));
    }

    #[test]
    fn another_name_is_another_servers() {
        for host in ["evil.example", "www.example.com.evil.example", "localhost", "127.0.0.1", "203.0.113.8", "", "a b"]
        {
            assert!(!admitted("203.0.113.7:443", "/", &[host]), "{host}");
        }
        assert!(!admitted("203.0.113.7:443", "/", &[]));
        assert!(!admitted("203.0.113.7:443", "/", &["www.example.com", "evil.example"]));
        assert!(!admitted("203.0.113.7:443", "http://evil.example/", &["www.example.com"]));
        assert!(!admitted("203.0.113.7:443", "http://www.example.com/", &["evil.example"]));
    }

    #[test]
    fn what_is_no_host_names_no_server() {
        let mut cases = 0;
        for host in ["", ":80", "user@www.example.com", "@www.example.com", "user:secret@www.example.com:443"] {
            for (target, hosts) in [("/", vec![host]), ("http://www.example.com/", vec![host])] {
                let mut request = Request::builder().uri(target);
                for host in hosts {
                    request = request.header(HOST, host);
                }
                let parts = request.body(()).expect("a request").into_parts().0;
                let named = Hosts::named(["www.example.com"]).admit(&parts);
                assert_eq!(named, Err(Misdirected { host: None }), "{host} at {target}");
                cases += 1;
            }
        }
        assert_eq!(cases, 10);
        assert!(!admitted("203.0.113.7:443", "http://user@www.example.com/", &[]));
    }

    #[test]
    fn on_the_loopback_its_names_count_and_no_others() {
        for local in ["127.0.0.1:4000", "[::1]:4000", "[::ffff:127.0.0.1]:4000"] {
            for host in ["localhost:4000", "127.0.0.1:4000", "[::1]:4000", "LOCALHOST", "127.0.0.1", "one.localhost:1"]
            {
                assert!(admitted(local, "/", &[host]), "{host}");
            }
            for host in ["rebound.example:4000", "localhost.evil.example", "evillocalhost", "192.0.2.1"] {
                assert!(!admitted(local, "/", &[host]), "{host}");
            }
        }
    }
}
