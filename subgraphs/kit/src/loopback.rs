//! What is on this machine and nowhere else.

use std::net::IpAddr;

use reqwest::Url;

/// Whether an address is of this machine alone, in either family's writing.
pub fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

/// Whether the host of a URL is this machine's own. What is no URL may be anybody's.
pub fn names_loopback(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| is_local(&url))
}

/// Whether what is sent to this URL is read by nobody on the way: through TLS, or without leaving this machine.
pub fn is_private(url: &Url) -> bool {
    url.scheme() == "https" || url.scheme() == "http" && is_local(url)
}

fn is_local(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    let is_name = host == "localhost" || host.ends_with(".localhost");
    is_name || host.parse().is_ok_and(is_loopback)
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
    fn only_tls_and_this_machine_are_private() {
        let private = |url: &str| is_private(&Url::parse(url).expect("a URL"));
        assert!(private("https://example.org") && private("http://127.0.0.1:1") && private("http://localhost"));
        assert!(!private("http://example.org") && !private("ftp://127.0.0.1") && !private("http://10.0.0.1"));
    }
}
