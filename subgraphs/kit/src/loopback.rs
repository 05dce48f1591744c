//! What is on this machine and nowhere else. Whoever asks that, asks here, so that nothing is local to one and public to
//! another.

use std::net::{IpAddr, SocketAddr};

use reqwest::Url;

/// Whether an address is of this machine alone, in either family's writing.
pub fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

/// Whether the host of a URL, or of `Host` without its port, is this machine's own: its address, or its name, with a dot at
/// the end or without.
pub fn is_loopback_host(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    let is_name = host == "localhost" || host.ends_with(".localhost");
    is_name || host.parse().is_ok_and(is_loopback)
}

/// Whether a URL leads to this machine.
pub fn is_loopback_url(url: &Url) -> bool {
    url.host_str().is_some_and(is_loopback_host)
}

/// As [`is_loopback_url`]. What is no URL may be anybody's.
pub fn names_loopback(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| is_loopback_url(&url))
}

/// Whether a server that listens there is reached by nobody but this machine: browsers do not find it under an address of
/// somewhere else either. `public_url` is empty where nobody has given one.
pub fn is_for_this_machine_alone(listen: SocketAddr, public_url: &str) -> bool {
    is_loopback(listen.ip()) && (public_url.is_empty() || names_loopback(public_url))
}

/// Whether what is sent to this URL is read by nobody on the way: through TLS, or without leaving this machine.
pub fn is_private(url: &Url) -> bool {
    url.scheme() == "https" || url.scheme() == "http" && is_loopback_url(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_of_this_machine_is_known_in_every_writing() {
        for here in [
            "http://127.0.0.1:4000",
            "https://localhost",
            "http://LOCALHOST.:1/a",
            "http://one.localhost",
            "http://[::1]:4000",
            "http://[::ffff:127.0.0.1]",
            "http://127.1",
            "http://0x7f.1",
            "redis://127.0.0.1:6379",
            "postgres://a:b@LocalHost/c",
        ] {
            assert!(names_loopback(here), "{here}");
        }
        for elsewhere in [
            "http://203.0.113.7",
            "http://0.0.0.0:4000",
            "http://localhost.example",
            "http://127.0.0.1.example",
            "http://notlocalhost",
            "http://localhost@example.org",
            "localhost",
            "localhost:4000",
            "",
        ] {
            assert!(!names_loopback(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn a_server_is_for_this_machine_alone_where_it_listens_and_is_found_nowhere_else() {
        let alone =
            |listen: &str, public_url| is_for_this_machine_alone(listen.parse().expect("an address"), public_url);
        for listen in ["127.0.0.1:4000", "[::1]:4000", "[::ffff:127.0.0.1]:4000"] {
            for public_url in ["", "http://localhost:4000", "http://localhost.:4000", "https://[::1]"] {
                assert!(alone(listen, public_url), "{listen} as {public_url:?}");
            }
            assert!(!alone(listen, "https://www.example.org"), "{listen}");
        }
        for listen in ["0.0.0.0:4000", "[::]:4000", "203.0.113.7:80", "[::ffff:203.0.113.7]:80"] {
            assert!(!alone(listen, "http://localhost:4000"), "{listen}");
        }
    }

    #[test]
    fn only_tls_and_this_machine_are_private() {
        let private = |url: &str| is_private(&Url::parse(url).expect("a URL"));
        assert!(private("https://example.org") && private("http://127.0.0.1:1") && private("http://localhost"));
        assert!(!private("http://example.org") && !private("ftp://127.0.0.1") && !private("http://10.0.0.1"));
    }
}
