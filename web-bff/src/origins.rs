//! Whose pages may ask with a visitor's cookies: the shop's own, and those of the origins that it names.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue};
use kit::loopback::is_loopback_url;
use reqwest::Url;

use crate::public_url::PublicUrl;

/// The origins whose pages are the shop's.
#[derive(Clone, Debug)]
pub struct Origins {
    public: PublicUrl,
    named: Vec<Named>,
    /// Whether the shop is one for its own machine: then every page from there counts.
    local: bool,
}

/// An entry of `edge.origins`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    Origin(String),
    /// Scheme and host, on any port.
    AnyPort(String),
}

impl Named {
    fn parse(text: &str) -> anyhow::Result<Self> {
        let wrong = || {
            anyhow::anyhow!(
                "`edge.origins`: \"{text}\" is no origin. Name scheme, host and port, as in \"https://app.example\" or \
                 \"http://localhost:*\", without a path"
            )
        };
        let any_port = text.strip_suffix(":*");
        let origin = of(any_port.unwrap_or(text)).ok_or_else(wrong)?;
        Ok(if any_port.is_some() { Self::AnyPort(origin) } else { Self::Origin(origin) })
    }

    fn covers(&self, url: &Url, origin: &str) -> bool {
        match self {
            Self::Origin(named) => named == origin,
            Self::AnyPort(named) => {
                let mut bare = url.clone();
                bare.set_port(None).is_ok() && bare.origin().ascii_serialization() == *named
            }
        }
    }
}

impl Origins {
    pub fn new(public: PublicUrl, named: &[String], local: bool) -> anyhow::Result<Self> {
        let named = named.iter().map(|text| Named::parse(text)).collect::<Result<_, _>>()?;
        Ok(Self { public, named, local })
    }

    /// Whether a request comes from a page of the shop, as far as its `Origin` tells.
    pub fn sent(&self, headers: &HeaderMap) -> bool {
        headers.get(ORIGIN).is_none_or(|origin| self.hold(origin, headers))
    }

    /// Whether the page that asks is the shop's. `Host` has been checked: an origin of that name is the edge's own, by the
    /// scheme of its public address. Over http, anybody on the way could have written the page of a shop that has https.
    pub fn hold(&self, origin: &HeaderValue, headers: &HeaderMap) -> bool {
        let Some(url) = origin.to_str().ok().and_then(|text| Url::parse(text).ok()) else { return false };
        let Some(origin) = of(origin.to_str().unwrap_or_default()) else { return false };
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let here = host.and_then(|host| Url::parse(&format!("{}://{host}", self.public.scheme())).ok());
        self.public.is_at(&url)
            || here.is_some_and(|here| here.origin() == url.origin())
            || (self.local && is_loopback_url(&url))
            || self.named.iter().any(|named| named.covers(&url, &origin))
    }
}

/// What a browser says for a page at this address; none where it would say more, or less.
fn of(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let origin = url.origin().ascii_serialization();
    (text.eq_ignore_ascii_case(&origin)).then_some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(named: &[&str], local: bool, origin: &str) -> bool {
        known_at("https://shop.example", "shop.example", named, local, origin)
    }

    fn known_at(public: &str, host: &str, named: &[&str], local: bool, origin: &str) -> bool {
        let public = PublicUrl::parse(public).expect("a URL");
        let named: Vec<String> = named.iter().map(|&text| text.to_owned()).collect();
        let origins = Origins::new(public, &named, local).expect("origins");
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().expect("a header value"));
        headers.insert(ORIGIN, HeaderValue::from_bytes(origin.as_bytes()).expect("a header value"));
        origins.sent(&headers)
    }

    #[test]
    fn a_page_of_the_shop_is_known_by_its_origin() {
        assert!(known(&[], false, "https://shop.example"));
        for foreign in [
            "https://evil.example",
            "null",
            "https://shop.example.evil.example",
            "http://shop.example",
            "https://shop.example:8443",
            "http://shop.example:443",
            "http://localhost:5000",
            "",
        ] {
            assert!(!known(&[], false, foreign), "{foreign}");
        }
    }

    #[test]
    fn a_page_at_another_name_of_the_edge_is_the_shops_by_the_scheme_of_its_public_address() {
        let mut cases = 0;
        for (scheme, other) in [("https", "http"), ("http", "https")] {
            for host in ["shop.example", "api.example", "api.example:8443", "localhost:4000"] {
                let known = |scheme| {
                    known_at(&format!("{scheme}://shop.example"), host, &[], false, &format!("{scheme}://{host}"))
                };
                assert!(known(scheme), "{scheme}://{host}");
                let foreign = format!("{other}://{host}");
                assert!(!known_at(&format!("{scheme}://shop.example"), host, &[], false, &foreign), "{foreign}");
                cases += 1;
            }
        }
        assert_eq!(cases, 8);
        assert!(!known_at("https://shop.example", "api.example", &[], false, "https://api.example:8443"));
    }

    #[test]
    fn a_shop_for_its_own_machine_takes_its_pages_by_either_scheme() {
        for public in ["http://localhost:4000", "https://localhost:4000"] {
            for origin in ["http://localhost:4000", "https://localhost:4000"] {
                assert!(known_at(public, "localhost:4000", &[], true, origin), "{origin} at {public}");
            }
        }
    }

    #[test]
    fn pages_of_named_origins_are_the_shops_too() {
        let named = ["https://app.example", "https://beta.example:8443", "http://dev.example:*"];
        for ours in
            ["https://app.example", "https://beta.example:8443", "http://dev.example", "http://dev.example:5173"]
        {
            assert!(known(&named, false, ours), "{ours}");
        }
        for foreign in [
            "http://app.example",
            "https://beta.example",
            "https://app.example.evil.example",
            "https://app.example/",
            "https://dev.example:5173",
            "http://dev.example.evil.example:1",
        ] {
            assert!(!known(&named, false, foreign), "{foreign}");
        }
    }

    #[test]
    fn a_shop_for_its_own_machine_knows_every_page_from_there() {
        for local in [
            "http://localhost:5173",
            "http://127.0.0.1:3000",
            "http://[::1]:8080",
            "http://[::ffff:7f00:1]:8080",
            "http://localhost.:3000",
            "https://localhost",
            "http://app.localhost:1",
        ] {
            assert!(known(&[], true, local), "{local}");
            assert!(!known(&[], false, local), "{local}");
        }
        for foreign in ["http://localhost.evil.example:5173", "http://192.168.1.7:3000", "null", "file://"] {
            assert!(!known(&[], true, foreign), "{foreign}");
        }
    }

    #[test]
    fn what_is_no_origin_cannot_be_named() {
        let public = PublicUrl::parse("https://shop.example").expect("a URL");
        for wrong in ["*", "app.example", "https://app.example/", "https://app.example/shop", "null", "file:///", ""] {
            let refused = Origins::new(public.clone(), &[wrong.to_owned()], false).expect_err(wrong);
            assert!(refused.to_string().contains("edge.origins"), "{refused}");
        }
    }
}
