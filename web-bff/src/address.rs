//! Where a client is, as the subgraphs count its attempts.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The peer's address, or, behind so many proxies of ours, the one that the outermost of them saw. What stands further
/// left in the header, the client may have written itself.
pub fn client(headers: &HeaderMap, extensions: &Extensions, proxies: usize) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip().to_canonical());
    if proxies == 0 {
        return peer;
    }
    let lines = headers.get_all(FORWARDED_FOR).into_iter().filter_map(|line| line.to_str().ok());
    let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    // The last hop is what the innermost proxy saw; the peer is that proxy.
    let seen = hops.len().checked_sub(proxies).and_then(|at| hops.get(at));
    seen.and_then(|hop| parse(hop)).or(peer)
}

fn parse(hop: &str) -> Option<IpAddr> {
    let bare = hop.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|at| at.ip()))?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(forwarded: &[&str], proxies: usize) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, line.parse().expect("a header value"));
        }
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 9], 443))));
        client(&headers, &extensions, proxies).map(|address| address.to_string()).unwrap_or_default()
    }

    #[test]
    fn without_proxies_only_the_peer_counts() {
        assert_eq!(seen(&["1.2.3.4"], 0), "10.0.0.9");
    }

    #[test]
    fn behind_proxies_the_outermost_of_ours_tells() {
        assert_eq!(seen(&["6.6.6.6, 1.2.3.4"], 1), "1.2.3.4");
        assert_eq!(seen(&["6.6.6.6, 1.2.3.4, 10.0.0.1"], 2), "1.2.3.4");
        assert_eq!(seen(&["6.6.6.6", "1.2.3.4"], 1), "1.2.3.4");
        assert_eq!(seen(&["[2001:db8::1]:443"], 1), "2001:db8::1");
        assert_eq!(seen(&["1.2.3.4:5555"], 1), "1.2.3.4");
    }

    #[test]
    fn who_comes_past_the_proxies_is_the_peer() {
        assert_eq!(seen(&[], 1), "10.0.0.9");
        assert_eq!(seen(&["1.2.3.4"], 2), "10.0.0.9");
        assert_eq!(seen(&["unknown"], 1), "10.0.0.9");
    }
}
