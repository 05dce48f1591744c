//! Where browsers find this shop, and which addresses are of it.

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};
use reqwest::Url;

/// Scheme, host and port.
#[derive(Clone, Debug)]
pub struct PublicUrl(Url);

/// Longer paths to return to are none that we made.
const LONGEST_PATH: usize = 1_000;

impl PublicUrl {
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let url = Url::parse(text).map_err(|cause| anyhow::anyhow!("`edge.public_url` is no URL: {cause}"))?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.has_host();
        anyhow::ensure!(bare, "`edge.public_url` is a scheme, a host and a port, without a path");
        Ok(Self(url))
    }

    /// Without a slash at its end.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Whether a request comes from a page of ours, as far as its `Origin` tells.
    pub fn sent(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(ORIGIN) else { return true };
        let Some(origin) = origin.to_str().ok().and_then(|text| Url::parse(text).ok()) else { return false };
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let at_this_host = host.and_then(|host| Url::parse(&format!("{}://{host}", origin.scheme())).ok());
        origin.origin() == self.0.origin() || at_this_host.is_some_and(|here| here.origin() == origin.origin())
    }

    /// A path of this shop that a browser may be sent to; the front page for anything else.
    pub fn path_or_home<'a>(&self, path: Option<&'a str>) -> &'a str {
        path.filter(|path| self.is_path(path)).unwrap_or("/")
    }

    fn is_path(&self, path: &str) -> bool {
        let plain = path.bytes().all(|byte| (0x21..0x7f).contains(&byte) && byte != b'\\');
        let rooted = path.starts_with('/') && !path.starts_with("//");
        let ours = || self.0.join(path).is_ok_and(|url| url.origin() == self.0.origin());
        path.len() <= LONGEST_PATH && plain && rooted && ours()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop() -> PublicUrl {
        PublicUrl::parse("https://shop.example").expect("a URL")
    }

    #[test]
    fn a_browser_is_sent_to_paths_of_ours_alone() {
        for path in ["/", "/orders/1?a=b#c", "/graphiql", "/a//b", "/@evil.example"] {
            assert_eq!(shop().path_or_home(Some(path)), path);
        }
        for elsewhere in [
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example/",
            "https:evil.example",
            "javascript:alert(1)",
            "evil",
            "",
            "/\t/evil.example",
            "/\n/evil.example",
            " //evil.example",
            "/ü",
        ] {
            assert_eq!(shop().path_or_home(Some(elsewhere)), "/", "{elsewhere:?}");
        }
        assert_eq!(shop().path_or_home(None), "/");
        assert_eq!(shop().path_or_home(Some(&format!("/{}", "a".repeat(2_000)))), "/");
    }

    #[test]
    fn a_page_of_ours_is_known_by_its_origin() {
        let sent = |origin: Option<&str>, host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().expect("a header value"));
            if let Some(origin) = origin {
                headers.insert(ORIGIN, origin.parse().expect("a header value"));
            }
            shop().sent(&headers)
        };
        assert!(sent(None, "shop.example"));
        assert!(sent(Some("https://shop.example"), "behind.a.proxy:8080"));
        assert!(sent(Some("http://localhost:4000"), "localhost:4000"));
        for foreign in
            ["https://evil.example", "null", "https://shop.example.evil.example", "http://localhost:5000", ""]
        {
            assert!(!sent(Some(foreign), "localhost:4000"), "{foreign}");
        }
    }

    #[test]
    fn a_public_url_has_no_path() {
        assert!(PublicUrl::parse("https://shop.example/").is_ok());
        assert!(PublicUrl::parse("https://shop.example/shop").is_err());
        assert!(PublicUrl::parse("shop").is_err());
    }
}
