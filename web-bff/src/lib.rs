#![doc = include_str!("../README.md")]

pub mod demo;
mod errors;
mod pages;
mod probes;
mod router;
mod settings;

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::X_CONTENT_TYPE_OPTIONS;
use kit::guard::Guard;
use kit::http::Endpoint;
use kit::token::AuthSettings;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::router::Upstream;
pub use crate::settings::Settings;

/// Serves the edge until told to stop.
pub async fn serve(
    listener: TcpListener,
    settings: Settings,
    auth: AuthSettings,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let upstream = Arc::new(Upstream::new(&settings, &auth)?);
    let endpoint = Endpoint::new(Arc::clone(&upstream) as _, Guard::new(settings.guard));
    let app = Router::new()
        .merge(pages::graphql(endpoint))
        .merge(pages::graphiql())
        .merge(pages::landing())
        .merge(demo::accounts(settings.demo))
        .merge(probes::routes(upstream, auth.jwks_url))
        .layer(CompressionLayer::new().gzip(true))
        .layer(SetResponseHeaderLayer::if_not_present(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")));
    tracing::info!(address = %listener.local_addr()?, "the edge is up");
    axum::serve(listener, app).with_graceful_shutdown(async move { stop.cancelled().await }).await?;
    Ok(())
}
