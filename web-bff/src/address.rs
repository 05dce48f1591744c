//! Where a client is, as the subgraphs count its attempts.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};
use ipnet::IpNet;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// For whom the edge calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientAddress {
    pub client: Option<IpAddr>,
}

/// The proxies of ours that stand between clients and the edge.
#[derive(Clone, Debug)]
pub enum Proxies {
    /// So many, one behind the other. Nobody else can reach the edge.
    Count(usize),
    /// Whoever has one of these addresses. Who has another is a client.
    At(Vec<IpNet>),
}

impl Proxies {
    pub fn none(&self) -> bool {
        match self {
            Self::Count(count) => *count == 0,
            Self::At(networks) => networks.is_empty(),
        }
    }

    /// Whether connections from this address are of many clients.
    pub fn may_be_at(&self, address: IpAddr) -> bool {
        match self {
            Self::Count(count) => *count > 0,
            Self::At(networks) => holds(networks, address),
        }
    }

    /// The client's address: the peer's, or what our own proxies have seen. What stands further left in the header, the
    /// client may have written itself. No other header counts, for a proxy that does not know it would pass it on.
    pub fn client(&self, headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
        let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
        let peer = peer.ip().to_canonical();
        let lines = headers.get_all(FORWARDED_FOR).into_iter().map(|line| line.to_str().unwrap_or_default());
        let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
        Some(match self {
            Self::Count(0) => peer,
            // The last hop is what the innermost proxy saw; the peer is that proxy.
            Self::Count(count) => {
                let seen = hops.len().checked_sub(*count).and_then(|at| hops.get(at));
                seen.and_then(|hop| parse(hop)).unwrap_or(peer)
            }
            Self::At(networks) => {
                let mut client = peer;
                for hop in hops.into_iter().rev() {
                    let Some(seen) = parse(hop).filter(|_| holds(networks, client)) else { break };
                    client = seen;
                }
                client
            }
        })
    }
}

fn holds(networks: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    networks.iter().any(|network| network.contains(&address))
}

fn parse(hop: &str) -> Option<IpAddr> {
    let bare = hop.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|at| at.ip()))?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen_from(peer: &str, forwarded: &[&str], proxies: &Proxies) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, line.parse().expect("a header value"));
        }
        headers.append("forwarded", "for=6.6.6.6".parse().expect("a header value"));
        headers.append("x-real-ip", "6.6.6.6".parse().expect("a header value"));
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().expect("an address"), 443)));
        proxies.client(&headers, &extensions).map(|address| address.to_string()).unwrap_or_default()
    }

    fn behind(proxies: usize, forwarded: &[&str]) -> String {
        seen_from("10.0.0.9", forwarded, &Proxies::Count(proxies))
    }

    fn trusting(peer: &str, forwarded: &[&str]) -> String {
        let networks = ["10.0.0.0/8", "2001:db8:a::/48"].map(|network| network.parse().expect("a network"));
        seen_from(peer, forwarded, &Proxies::At(networks.to_vec()))
    }

    #[test]
    fn without_proxies_only_the_peer_counts() {
        assert_eq!(behind(0, &["1.2.3.4"]), "10.0.0.9");
        assert_eq!(seen_from("::ffff:192.0.2.1", &["1.2.3.4"], &Proxies::Count(0)), "192.0.2.1");
    }

    #[test]
    fn behind_so_many_proxies_the_outermost_of_ours_tells() {
        assert_eq!(behind(1, &["6.6.6.6, 1.2.3.4"]), "1.2.3.4");
        assert_eq!(behind(2, &["6.6.6.6, 1.2.3.4, 10.0.0.1"]), "1.2.3.4");
        assert_eq!(behind(1, &["6.6.6.6", "1.2.3.4"]), "1.2.3.4");
        assert_eq!(behind(1, &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(behind(1, &["1.2.3.4:5555"]), "1.2.3.4");
    }

    #[test]
    fn who_comes_past_so_many_proxies_is_the_peer() {
        assert_eq!(behind(1, &[]), "10.0.0.9");
        assert_eq!(behind(2, &["1.2.3.4"]), "10.0.0.9");
        assert_eq!(behind(1, &["unknown"]), "10.0.0.9");
    }

    #[test]
    fn the_client_is_the_first_hop_that_is_none_of_our_proxies() {
        assert_eq!(trusting("10.0.0.9", &["1.2.3.4"]), "1.2.3.4");
        assert_eq!(trusting("10.0.0.9", &["6.6.6.6, 1.2.3.4, 10.0.0.1"]), "1.2.3.4");
        assert_eq!(trusting("10.0.0.9", &["6.6.6.6", "2001:db8:b::1, 2001:db8:a::2"]), "2001:db8:b::1");
        assert_eq!(trusting("::ffff:10.0.0.9", &["[2001:db8:b::1]:443"]), "2001:db8:b::1");
        assert_eq!(trusting("2001:db8:a::7", &["::ffff:1.2.3.4"]), "1.2.3.4");
    }

    #[test]
    fn a_client_that_forges_hops_stays_itself() {
        assert_eq!(trusting("1.2.3.4", &["6.6.6.6"]), "1.2.3.4");
        assert_eq!(trusting("1.2.3.4", &["10.0.0.1"]), "1.2.3.4");
        assert_eq!(trusting("10.0.0.9", &["10.0.0.1, 6.6.6.6, 1.2.3.4"]), "1.2.3.4");
        assert_eq!(trusting("10.0.0.9", &["6.6.6.6, nonsense"]), "10.0.0.9");
        assert_eq!(trusting("10.0.0.9", &["6.6.6.6, \u{ff}"]), "10.0.0.9");
        assert_eq!(trusting("10.0.0.9", &[]), "10.0.0.9");
        assert_eq!(trusting("2001:db8:b::1", &["6.6.6.6"]), "2001:db8:b::1");
    }
}
