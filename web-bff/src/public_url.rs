//! Where browsers find this shop, and which addresses are of it.

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

    /// What browsers name in `Host`.
    pub fn host(&self) -> Option<&str> {
        self.0.host_str()
    }

    pub fn is_https(&self) -> bool {
        self.scheme() == "https"
    }

    /// How browsers come to the shop, under each of its names.
    pub fn scheme(&self) -> &str {
        self.0.scheme()
    }

    /// Whether a page at `url` is at this address.
    pub fn is_at(&self, url: &Url) -> bool {
        url.origin() == self.0.origin()
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
    fn a_public_url_has_no_path() {
        assert!(PublicUrl::parse("https://shop.example/").is_ok());
        assert!(PublicUrl::parse("https://shop.example/shop").is_err());
        assert!(PublicUrl::parse("shop").is_err());
    }
}
