//! The file with everything that the shop holds on somebody, for them alone.

use axum::extract::{Path, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::error::AuthError;
use super::{Auth, Shared};
use crate::session::{SESSION, presented};

/// No other site's page may take the answer in.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Whoever is signed in gets their own export. A link does: nothing is changed by it, and no other site can read what
/// it answers.
pub async fn download(
    State(auth): State<Shared>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, AuthError> {
    let (parts, _) = request.into_parts();
    let token = auth.access_token(&parts).await?;
    let found = auth.users.export(&id, &token, auth.calling(&parts)).await?;
    let document = found.ok_or_else(|| {
        AuthError::new(StatusCode::NOT_FOUND, "NOT_FOUND", "You have no export here. It may be over: ask for another.")
    })?;
    let mut response = document.to_string().into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"my-data.json\""));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    Ok(response)
}

impl Auth {
    /// The access token of who asks, by their bearer token or behind their cookie.
    async fn access_token(&self, request: &Parts) -> Result<String, AuthError> {
        if request.headers.contains_key(AUTHORIZATION) {
            let bearer = self.authenticator.authenticate(request).await?.authorization;
            let token = bearer.as_ref().and_then(|bearer| bearer.to_str().ok()?.split_once(' '));
            return Ok(token.map(|(_, token)| token.to_owned()).unwrap_or_default());
        }
        let Some(secret) = presented(&request.headers, SESSION) else {
            return Err(AuthError::nobody());
        };
        let session = self.authenticator.session(&secret, self.calling(request)).await?;
        Ok(session.ok_or_else(AuthError::ended)?.access_token)
    }
}
