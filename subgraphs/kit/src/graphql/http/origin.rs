//! Whether another site's page could have made the browser send this.
//!
//! A POST must be `application/json`, which a page cannot send across sites without asking first, and only our own
//! CORS rules answer that. A GET only ever reads, and the page cannot see the answer. What is left is a page that
//! makes a visitor's browser run expensive queries with the visitor's cookies, or times them. Browsers say where a
//! request comes from in `Sec-Fetch-Site`, which a page cannot set, so a GET from elsewhere needs proof that the browser
//! asked first: a header that forces it to. Clients that are no browser send no `Sec-Fetch-Site` and need no proof.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

use super::media::Media;
use crate::{Code, Refusal};

/// Headers that no page can send across sites unasked. The names are those Apollo's clients know.
const PROOFS: [&str; 2] = ["apollo-require-preflight", "x-apollo-operation-name"];

pub fn admit_get(headers: &HeaderMap) -> Result<(), Refusal> {
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
    let from_elsewhere = site.is_some_and(|site| !matches!(site, b"same-origin" | b"none"));
    if !from_elsewhere || asked_first(headers) {
        return Ok(());
    }
    let message = format!(
        "Another site's page may have sent this. Send `content-type: application/json`, or a header `{}` or `{}` that is not empty.",
        PROOFS[0], PROOFS[1]
    );
    Err(Refusal::new(Code::CsrfSuspected, message))
}

fn asked_first(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|header| Media::parse(header.to_str().ok()?));
    content_type.is_some_and(|media| media.is("application", "json"))
        || PROOFS.iter().any(|proof| headers.get(*proof).is_some_and(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(headers: &[(&'static str, &str)]) -> Result<(), Code> {
        let headers = headers.iter().map(|(name, value)| {
            let name = axum::http::HeaderName::from_static(name);
            (name, value.parse().expect("a header value"))
        });
        admit_get(&headers.collect()).map_err(|refused| refused.code)
    }

    #[test]
    fn our_own_pages_address_bars_and_programs_may_get() {
        assert_eq!(get(&[]), Ok(()));
        assert_eq!(get(&[("sec-fetch-site", "same-origin")]), Ok(()));
        assert_eq!(get(&[("sec-fetch-site", "none")]), Ok(()));
    }

    #[test]
    fn another_sites_page_may_get_only_after_asking() {
        for site in ["cross-site", "same-site", "new-site"] {
            let refused = Err(Code::CsrfSuspected);
            assert_eq!(get(&[("sec-fetch-site", site)]), refused);
            assert_eq!(get(&[("sec-fetch-site", site), ("content-type", "text/plain")]), refused);
            assert_eq!(get(&[("sec-fetch-site", site), ("apollo-require-preflight", "")]), refused);
            assert_eq!(get(&[("sec-fetch-site", site), ("content-type", "application/json")]), Ok(()));
            assert_eq!(get(&[("sec-fetch-site", site), ("apollo-require-preflight", "true")]), Ok(()));
            assert_eq!(get(&[("sec-fetch-site", site), ("x-apollo-operation-name", "Q")]), Ok(()));
        }
    }
}
