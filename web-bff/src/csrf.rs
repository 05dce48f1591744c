//! Whether a page of ours sends this. A cookie comes along with whatever makes a browser ask; a header does not.

use axum::http::header::COOKIE;
use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, HeaderName};
use kit::{Code, Refusal};

use crate::origins::Origins;

/// No page can send it across sites without asking first, and that is granted to pages of known origins alone.
pub const HEADER: HeaderName = HeaderName::from_static("x-mercato-csrf");

pub fn admit(headers: &HeaderMap, origins: &Origins) -> Result<(), Refusal> {
    let proven = headers.get(&HEADER).is_some_and(|value| !value.is_empty());
    if !proven {
        let message = "Send the header `x-mercato-csrf`, with any value, beside the cookie: without it the cookie does not count.";
        return Err(Refusal::new(Code::CsrfSuspected, message));
    }
    if !origins.sent(headers) {
        return Err(unknown(headers));
    }
    Ok(())
}

/// What to tell a page of an origin that nobody has named.
pub fn unknown(headers: &HeaderMap) -> Refusal {
    let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok()).unwrap_or_default();
    let origin: String = origin.chars().take(200).collect();
    let message = format!(
        "The request's `Origin`, `{origin}`, is not this shop's. If the page there is one of the shop's, name the origin in \
         `edge.origins` of the shop's configuration."
    );
    Refusal::new(Code::CsrfSuspected, message)
}

/// Whether a browser sends this: its pages get no tokens.
pub fn is_browser(headers: &HeaderMap) -> bool {
    let marks = [&HEADER, &COOKIE, &ORIGIN];
    let fetched = ["sec-fetch-site", "sec-fetch-mode"];
    marks.into_iter().any(|mark| headers.contains_key(mark))
        || fetched.into_iter().any(|mark| headers.contains_key(mark))
}
