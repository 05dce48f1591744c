//! What every answer says to browsers, whatever made it. Where a page needs other words than these, it says them itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::map_response_with_state;
use axum::response::Response;

use crate::public_url::PublicUrl;

const EVERYWHERE: [(HeaderName, HeaderValue); 7] = [
    // What is no page of ours loads nothing, and nothing frames it.
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    ),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    // For what pages take in without asking. Pages that ask are `cors`' matter.
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), \
             geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
        ),
    ),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// Browsers that have been here over TLS come back over nothing else, for a year.
const ONLY_TLS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// `app`, with these headers on all that it answers.
pub fn add_security_headers(app: Router, public: &PublicUrl) -> Router {
    let tls = public.is_https().then_some((STRICT_TRANSPORT_SECURITY, ONLY_TLS));
    let headers: Arc<[_]> = EVERYWHERE.into_iter().chain(tls).collect();
    app.layer(map_response_with_state(headers, add))
}

async fn add(State(missing): State<Arc<[(HeaderName, HeaderValue)]>>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in &*missing {
        if !headers.contains_key(name) {
            headers.insert(name, value.clone());
        }
    }
    vary_in_one_line(headers);
    response
}

/// Several layers add to it, and not every reader looks further than the first line.
fn vary_in_one_line(headers: &mut HeaderMap) {
    if headers.get_all(VARY).iter().nth(1).is_none() {
        return;
    }
    let lines = headers.get_all(VARY).into_iter().filter_map(|line| line.to_str().ok());
    let names: BTreeSet<String> =
        lines.flat_map(|line| line.split(',')).map(|name| name.trim().to_lowercase()).collect();
    let line = names.into_iter().collect::<Vec<_>>().join(", ");
    headers.insert(VARY, HeaderValue::from_str(&line).expect("made of header values"));
}
