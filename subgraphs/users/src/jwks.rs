//! Where the public keys are published.

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::signing_key::KeyRing;

/// Whoever holds the keys need not ask again for five minutes. A new key is published for longer before it signs.
const CACHED: &str = "public, max-age=300";

/// `GET /.well-known/jwks.json`.
pub fn routes(keys: &KeyRing) -> Router {
    let keys = keys.clone();
    Router::new().route("/.well-known/jwks.json", get(async move || published(&keys)))
}

fn published(keys: &KeyRing) -> Response {
    let document = keys.now().and_then(|keys| Ok(serde_json::to_string(&keys.jwks())?));
    match document {
        Ok(document) => ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, CACHED)], document).into_response(),
        Err(failure) => {
            let cause = failure.into_anyhow();
            tracing::error!(cause = format!("{cause:#}"), "the public keys cannot be published");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
