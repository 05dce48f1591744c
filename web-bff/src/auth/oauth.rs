//! Signing in with a provider: the authorization request and the callback.
//!
//! In between, the flow is kept in Redis for ten minutes, under a hash of two secrets: the browser's, in a cookie, and the
//! `state` that the provider returns. A callback from another browser, or a second one, finds nothing.

use axum::Json;
use axum::extract::{Path, Query, Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use kit::{Code, Viewer};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::error::AuthError;
use super::login::remember_device;
use super::{Auth, Shared, body, failed};
use crate::address::ClientAddress;
use crate::provider::{AuthorizationState, Identity, Provider, ProviderError};
use crate::session::{FLOW, SESSION, Secret, device_token, presented, setting};
use crate::users::Outcome;

const WITHIN_SECONDS: u64 = 600;

#[derive(Serialize, Deserialize)]
struct Flow {
    provider: String,
    begun: AuthorizationState,
    return_to: String,
    /// The hash of the session whose account is to be linked; `None` for a sign-in.
    link: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BeginParams {
    return_to: Option<String>,
}

#[derive(Deserialize)]
pub struct CallbackParams {
    state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

/// Lists the providers, for a page with buttons.
pub async fn providers(State(auth): State<Shared>) -> Response {
    let known = auth.providers.iter();
    let listed =
        known.map(|one| json!({ "name": one.name, "label": one.label, "href": format!("/auth/{}", one.name) }));
    Json(listed.collect::<Vec<_>>()).into_response()
}

/// Sends a browser to a provider, to sign in.
pub async fn begin(
    State(auth): State<Shared>,
    Path(provider): Path<String>,
    Query(params): Query<BeginParams>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    match auth.send(&provider, &params, None, &parts).await {
        Ok((url, cookie)) => ([(SET_COOKIE, cookie)], Redirect::to(&url)).into_response(),
        Err(error) => failed::shown(error, &parts.headers),
    }
}

/// Starts to link a provider to the account that is signed in, and returns where the page must go. A POST with the CSRF header,
/// so that a link on another site cannot start it.
pub async fn begin_link(
    State(auth): State<Shared>,
    Path(provider): Path<String>,
    request: Request,
) -> Result<Response, AuthError> {
    let (parts, body) = request.into_parts();
    let secret = auth.browser(&parts.headers)?.ok_or_else(AuthError::nobody)?;
    let params: BeginParams = body::read(&parts.headers, body).await?;
    let (_, signed) =
        auth.authenticator.verified_session(&secret, auth.calling(&parts)).await?.ok_or_else(AuthError::ended)?;
    Viewer { signed: Some(signed), guest: None }.require_recent()?;
    let (url, cookie) = auth.send(&provider, &params, Some(secret.hash()), &parts).await?;
    Ok(([(SET_COOKIE, cookie)], Json(json!({ "location": url }))).into_response())
}

/// The browser comes back from a provider.
pub async fn callback(
    State(auth): State<Shared>,
    Path(provider): Path<String>,
    Query(params): Query<CallbackParams>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    match auth.receive(&provider, params, &parts).await {
        Ok(response) => response,
        Err(error) => failed::shown(error, &parts.headers),
    }
}

impl Auth {
    fn provider(&self, name: &str) -> Result<&Provider, AuthError> {
        let unknown = || AuthError::new(StatusCode::NOT_FOUND, "NOT_FOUND", "Nobody can sign in that way here.");
        self.providers.iter().find(|one| one.name == name).ok_or_else(unknown)
    }

    /// Where to send the browser, and the cookie that it is to come back with. One cookie serves all its tabs.
    async fn send(
        &self,
        name: &str,
        params: &BeginParams,
        link: Option<String>,
        request: &Parts,
    ) -> Result<(String, HeaderValue), AuthError> {
        let provider = self.provider(name)?;
        let begun = AuthorizationState::random();
        let url = provider.authorization_url(&begun).await.map_err(|failure| provider_failed(name, &failure))?;
        let browser = match presented(&request.headers, FLOW) {
            Some(browser) => browser,
            None => Secret::random()?,
        };
        let return_to = self.authenticator.public.path_or_home(params.return_to.as_deref()).to_owned();
        let key = browser.with(&begun.state);
        let flow = Flow { provider: name.to_owned(), begun, return_to, link };
        self.flows.put(&key, &flow, WITHIN_SECONDS).await?;
        Ok((url, setting(FLOW, &browser, WITHIN_SECONDS)))
    }

    async fn receive(&self, name: &str, params: CallbackParams, request: &Parts) -> Result<Response, AuthError> {
        let provider = self.provider(name)?;
        let flow = self.flow(name, &params, request).await?;
        let CallbackParams { code, iss, error, .. } = params;
        let Some(code) = code.filter(|_| error.is_none()) else {
            let refused = "The provider did not sign you in, or you changed your mind.";
            return Err(AuthError::new(StatusCode::FORBIDDEN, "PROVIDER_REFUSED", refused));
        };
        let who = provider.identify(code, iss.as_deref(), flow.begun).await;
        let identity = who.map_err(|failure| provider_failed(name, &failure))?;
        let calling = self.calling(request);
        let mut response = Redirect::to(&flow.return_to).into_response();
        match flow.link {
            Some(session) => self.link(&session, &identity, request, calling).await?,
            None => {
                let known = device_token(&request.headers);
                let signed_in = match self.users.sign_in_by(&identity, known, calling).await? {
                    Outcome::Done(signed_in) => signed_in,
                    Outcome::Refused(user_error) => return Err(user_error.into()),
                };
                let device = signed_in.device_token.clone();
                let (secret, session) = self.begin(signed_in, &request.headers, calling).await?;
                response.headers_mut().append(SET_COOKIE, self.cookie(&secret, &session));
                remember_device(&mut response, device.as_deref());
            }
        }
        Ok(response)
    }

    /// The flow that this browser started with this state, if it is not over.
    async fn flow(&self, provider: &str, params: &CallbackParams, request: &Parts) -> Result<Flow, AuthError> {
        let unknown = || {
            let message = "This sign-in was not begun in this browser, took more than ten minutes, or is over already. \
                           Begin again.";
            AuthError::new(StatusCode::BAD_REQUEST, "SIGN_IN_NOT_FOUND", message)
        };
        let browser = presented(&request.headers, FLOW).ok_or_else(unknown)?;
        let state = params.state.as_deref().ok_or_else(unknown)?;
        let flow: Option<Flow> = self.flows.take(&browser.with(state)).await?;
        flow.filter(|flow| flow.provider == provider).ok_or_else(unknown)
    }

    /// Links the identity to the account of the session that started the flow, if that is still the browser's.
    async fn link(
        &self,
        session: &str,
        identity: &Identity,
        request: &Parts,
        calling: ClientAddress,
    ) -> Result<(), AuthError> {
        let secret = presented(&request.headers, SESSION).filter(|secret| secret.hash() == session);
        let secret = secret.ok_or_else(AuthError::ended)?;
        let session = self.authenticator.session(&secret, calling).await?.ok_or_else(AuthError::ended)?;
        match self.users.link(identity, &session.access_token, calling).await? {
            Outcome::Done(()) => Ok(()),
            Outcome::Refused(user_error) => Err(user_error.into()),
        }
    }
}

fn provider_failed(provider: &str, failure: &ProviderError) -> AuthError {
    tracing::warn!(provider, cause = %failure, "a provider's word was not taken");
    match failure {
        ProviderError::Away(_) => {
            let message = "The provider does not answer at this moment. Try again shortly.";
            AuthError::new(StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable.as_str(), message)
        }
        ProviderError::Unproven(_) => {
            let message = "The provider's answer does not hold. Begin again.";
            AuthError::new(StatusCode::BAD_REQUEST, "PROVIDER_NOT_BELIEVED", message)
        }
    }
}
