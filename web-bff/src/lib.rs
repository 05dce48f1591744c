#![doc = include_str!("../README.md")]

mod address;
mod auth;
mod authentication;
mod cors;
mod csrf;
pub mod demo;
mod errors;
mod exchange;
mod failures;
mod guest;
mod headers;
mod hosts;
mod mail_proxy;
mod names;
mod origins;
mod page;
mod pages;
mod probes;
mod provider;
mod public_url;
mod refusal;
mod schema;
mod session;
mod settings;
mod split_introspection;
mod upstream;
mod users;

use std::sync::Arc;

use axum::Router;
use kit::graphql::http::Endpoint;
use kit::identity::token::{AuthSettings, Verifier};
use kit::loopback::is_for_this_machine_alone;
use kit::messaging::Bus;
use kit::server::Server;
use kit::{CallerKeys, Clock};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;

use crate::auth::Auth;
use crate::authentication::Authenticator;
use crate::origins::Origins;
use crate::public_url::PublicUrl;
use crate::session::Sessions;
pub use crate::settings::{Kind, ProviderSettings, SessionSettings, Settings, Switch};
use crate::upstream::Upstream;
use crate::users::Users;

/// Serves the edge until told to stop.
pub async fn serve(
    listener: TcpListener,
    settings: Settings,
    auth: AuthSettings,
    bus: Bus,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    settings.check()?;
    let (public, proxies) = (PublicUrl::parse(&settings.public_url)?, settings.proxies()?);
    let local = is_for_this_machine_alone(listener.local_addr()?, public.as_str());
    let open = local || settings.demo;
    let origins = Origins::new(public.clone(), &settings.origins, local)?;
    let keys = CallerKeys::generate("web-bff", Clock::system()).map_err(kit::Failure::into_anyhow)?;
    keys.publish(&bus).await.map_err(kit::Failure::into_anyhow)?;
    tokio::spawn(keys.clone().keep_published(bus.clone(), stop.clone()));
    let users = Users::new(&settings.users_url, keys.clone()).map_err(kit::Failure::into_anyhow)?;
    let authenticator = Authenticator {
        verifier: Verifier::remote(auth.clone()),
        sessions: Sessions::new(bus.clone(), users.clone(), Clock::system(), settings.session),
        public: public.clone(),
        origins: origins.clone(),
        proxies: proxies.clone(),
    };
    let accounts = auth::routes(Auth::new(&settings, authenticator.clone(), users, bus)?);
    let upstream = Arc::new(Upstream::new(&settings, &auth, keys, authenticator, open)?);
    let (guest_header, graphiql) = (upstream::guest_header(&auth)?, settings.graphiql.is_on(open));
    let endpoint = Endpoint::new(Arc::clone(&upstream) as _, schema::guard(settings.guard)?);
    let app = Router::new()
        .merge(pages::graphql(endpoint, &guest_header, graphiql)?)
        .merge(if graphiql { pages::graphiql() } else { Router::new() })
        .merge(pages::landing(graphiql, &public))
        .merge(accounts)
        .merge(demo::accounts(settings.demo))
        .merge(mail_proxy::routes(upstream.client().clone(), settings.demo, &settings.mail_url))
        .merge(probes::routes(upstream, auth.jwks_url, stop.clone()))
        .layer(CompressionLayer::new().gzip(true));
    let app = cors::open(app, origins, guest_header);
    let app = headers::add_security_headers(hosts::only(app, &public, &settings.hosts), &public);
    tracing::info!(address = %listener.local_addr()?, local, "the edge is up");
    let server = Server::new(app, settings.http).counting(move |peer| !proxies.may_be_at(peer.ip()));
    Ok(server.run(listener, stop).await?)
}
