//! `/auth`: signing in and out in a browser, which gets a cookie and no token.

mod body;
mod error;
mod export;
mod failed;
mod login;
mod logout;
mod oauth;
mod session;
mod step_up;

use std::sync::Arc;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, REFERRER_POLICY};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::routing::{get, post};
use kit::Refusal;
use kit::messaging::Bus;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::address::ClientAddress;
use crate::authentication::Authenticator;
use crate::provider::Provider;
use crate::session::{SESSION, SealedStore, Secret, presented};
use crate::users::Users;
use crate::{Settings, csrf, pages};

/// What the endpoints stand on.
pub struct Auth {
    authenticator: Authenticator,
    users: Users,
    providers: Vec<Provider>,
    flows: SealedStore,
}

type Shared = Arc<Auth>;

impl Auth {
    pub fn new(settings: &Settings, authenticator: Authenticator, users: Users, bus: Bus) -> anyhow::Result<Self> {
        let public_url = authenticator.public.as_str();
        let providers =
            settings.providers.iter().map(|one| Provider::new(one, public_url)).collect::<Result<_, _>>()?;
        Ok(Self { authenticator, users, providers, flows: SealedStore::new(bus, "flow") })
    }

    /// The secret of the browser that sends this, which a page of ours made it send.
    fn browser(&self, headers: &HeaderMap) -> Result<Option<Secret>, Refusal> {
        csrf::admit(headers, &self.authenticator.origins)?;
        Ok(presented(headers, SESSION))
    }

    fn calling(&self, request: &Parts) -> ClientAddress {
        self.authenticator.calling(request)
    }
}

pub fn routes(auth: Auth) -> Router {
    Router::new()
        .route("/auth/login", post(login::log_in))
        .route("/auth/verify", get(|| async { pages::auth("verify") }).post(login::verify))
        .route("/auth/second-factor", post(login::second_factor))
        .route("/auth/step-up", get(|| async { pages::auth("step-up") }).post(step_up::step_up))
        .route("/auth/reset", get(|| async { pages::auth("reset") }).post(login::reset))
        .route("/auth/email", get(|| async { pages::auth("email") }))
        .route("/auth/order", get(|| async { pages::auth("order") }))
        .route("/auth/assets/{name}", get(pages::auth_asset))
        .route("/auth/logout", post(logout::log_out))
        .route("/auth/refresh", post(session::refresh))
        .route("/auth/session", get(session::session))
        .route("/auth/export/{id}", get(export::download))
        .route("/auth/providers", get(oauth::providers))
        .route("/auth/{provider}", get(oauth::begin).post(oauth::begin_link))
        .route("/auth/{provider}/callback", get(oauth::callback))
        .with_state(Arc::new(auth))
        .layer(SetResponseHeaderLayer::if_not_present(CACHE_CONTROL, HeaderValue::from_static("no-store")))
        // The addresses of these pages hold codes and one-use tokens.
        .layer(SetResponseHeaderLayer::if_not_present(REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
}
