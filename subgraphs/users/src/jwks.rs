//! Where the public keys are published.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::get;

use crate::signing_key::SigningKeys;

/// Whoever holds the keys need not ask again for five minutes. A new key is published that long before it signs.
const CACHED: &str = "public, max-age=300";

/// `GET /.well-known/jwks.json`.
pub fn routes(keys: &SigningKeys) -> anyhow::Result<Router> {
    let document = serde_json::to_string(&keys.jwks())?;
    let answer = ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, CACHED)], document);
    Ok(Router::new().route("/.well-known/jwks.json", get(async move || answer)))
}
