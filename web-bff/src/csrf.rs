//! Whether a page of ours sends this. A cookie comes along with whatever makes a browser ask; a header does not.

use axum::http::header::COOKIE;
use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, HeaderName};
use kit::{Code, Refused};

use crate::public_url::PublicUrl;

/// No page can send it across sites without asking first, and nothing here says yes to that.
pub const HEADER: HeaderName = HeaderName::from_static("x-mercato-csrf");

pub fn admit(headers: &HeaderMap, public: &PublicUrl) -> Result<(), Refused> {
    let proven = headers.get(&HEADER).is_some_and(|value| !value.is_empty());
    if proven && public.sent(headers) {
        return Ok(());
    }
    let message = "Send the header `x-mercato-csrf`, with any value, from a page of this shop: without it the cookie does not count.";
    Err(Refused::new(Code::CsrfSuspected, message))
}

/// Whether a browser sends this: its pages get no tokens.
pub fn is_browser(headers: &HeaderMap) -> bool {
    let marks = [&HEADER, &COOKIE, &ORIGIN];
    let fetched = ["sec-fetch-site", "sec-fetch-mode"];
    marks.into_iter().any(|mark| headers.contains_key(mark))
        || fetched.into_iter().any(|mark| headers.contains_key(mark))
}
