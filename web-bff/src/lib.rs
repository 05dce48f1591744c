#![doc = include_str!("../README.md")]

mod address;
mod auth;
mod csrf;
pub mod demo;
mod door;
mod errors;
mod failures;
mod mail;
mod mixed;
mod pages;
mod probes;
mod provider;
mod public_url;
mod router;
mod session;
mod settings;
mod users;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::X_CONTENT_TYPE_OPTIONS;
use kit::guard::Guard;
use kit::http::Endpoint;
use kit::message::Bus;
use kit::token::{AuthSettings, Verifier};
use kit::type_system::TypeSystem;
use kit::{CallerKeys, Clock};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::auth::Auth;
use crate::door::Door;
use crate::public_url::PublicUrl;
use crate::router::Upstream;
use crate::session::Sessions;
pub use crate::settings::{Kind, ProviderSettings, SessionSettings, Settings};
use crate::users::Users;

/// The schema that clients see, by which their variables are read.
const API: &str = include_str!("../../schema/api.graphql");

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
    tokio::spawn(keys.clone().keep_published(bus.clone(), stop.clone()));
    let users = Users::new(&settings.users_url, keys.clone()).map_err(kit::Failure::into_anyhow)?;
    let door = Door {
        verifier: Verifier::remote(auth.clone()),
        sessions: Sessions::new(bus.clone(), users.clone(), Clock::system(), settings.session),
        public: PublicUrl::parse(&settings.public_url)?,
        proxies: settings.proxies,
    };
    let accounts = auth::routes(Auth::new(&settings, door.clone(), users, bus)?);
    let upstream = Arc::new(Upstream::new(&settings, &auth, keys, door)?);
    let endpoint = Endpoint::new(Arc::clone(&upstream) as _, Guard::new(settings.guard, TypeSystem::parse(API)?));
    let app = Router::new()
        .merge(pages::graphql(endpoint))
        .merge(pages::graphiql())
        .merge(pages::landing())
        .merge(accounts)
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
