//! Whether the shop is there, for load balancers, and its public keys, for whoever verifies tokens.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio_util::sync::CancellationToken;

use crate::upstream::Upstream;

/// A balancer asks again soon, and thinks of whoever is silent as dead.
const READY_WITHIN: Duration = Duration::from_millis(800);

#[derive(Clone)]
struct Probes {
    upstream: Arc<Upstream>,
    jwks_url: Arc<str>,
    stop: CancellationToken,
}

pub fn routes(upstream: Arc<Upstream>, jwks_url: String, stop: CancellationToken) -> Router {
    Router::new()
        .route("/health", get(|| async { "ok\n" }))
        .route("/ready", get(ready))
        .route("/.well-known/jwks.json", get(jwks))
        .with_state(Probes { upstream, jwks_url: jwks_url.into(), stop })
}

/// Ready when a query gets through to the router and back, until the edge is told to stop.
async fn ready(State(probes): State<Probes>) -> impl IntoResponse {
    if probes.stop.is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
    } else if tokio::time::timeout(READY_WITHIN, probes.upstream.answers()).await.unwrap_or(false) {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the router does not answer\n")
    }
}

async fn jwks(State(probes): State<Probes>) -> Response {
    let fetched = async {
        let answer = probes.upstream.client().get(&*probes.jwks_url).send().await?.error_for_status()?;
        answer.bytes().await
    };
    match fetched.await {
        Ok(keys) => {
            ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")], keys).into_response()
        }
        Err(cause) => {
            tracing::error!(%cause, "the public keys cannot be fetched");
            (StatusCode::SERVICE_UNAVAILABLE, "The public keys cannot be fetched.\n").into_response()
        }
    }
}
