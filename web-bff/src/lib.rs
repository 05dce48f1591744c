#![doc = include_str!("../README.md")]

pub mod demo;
mod errors;
mod mail;
mod pages;
mod probes;
mod router;
mod settings;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::X_CONTENT_TYPE_OPTIONS;
use kit::guard::Guard;
use kit::http::Endpoint;
use kit::message::Bus;
use kit::token::AuthSettings;
use kit::{CallerKeys, Clock};
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
    bus: Bus,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let keys = CallerKeys::generate("web-bff", Clock::system()).map_err(kit::Failure::into_anyhow)?;
    keys.publish(&bus).await.map_err(kit::Failure::into_anyhow)?;
    tokio::spawn(keys.clone().keep_published(bus, stop.clone()));
    let upstream = Arc::new(Upstream::new(&settings, &auth, keys)?);
    let endpoint = Endpoint::new(Arc::clone(&upstream) as _, Guard::new(settings.guard));
    let app = Router::new()
        .merge(pages::graphql(endpoint))
        .merge(pages::graphiql())
        .merge(pages::landing())
        .merge(demo::accounts(settings.demo))
        .merge(mail::routes(upstream.client().clone(), settings.demo, &settings.mail_url))
        .merge(probes::routes(upstream, auth.jwks_url))
        .layer(CompressionLayer::new().gzip(true))
        .layer(SetResponseHeaderLayer::if_not_present(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")));
    tracing::info!(address = %listener.local_addr()?, "the edge is up");
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).with_graceful_shutdown(async move { stop.cancelled().await }).await?;
    Ok(())
}
