//! What a page may know of the session that it runs in.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::error::AuthError;
use super::{Auth, Shared};
use crate::session::{SESSION, clearing, presented};
use crate::users::Who;

/// Who is signed in, or nobody: a session that is over is nobody's, and its cookie goes.
pub async fn session(State(auth): State<Shared>, request: Request) -> Result<Response, AuthError> {
    let (parts, _) = request.into_parts();
    if presented(&parts.headers, SESSION).is_none() {
        return Ok(shown(None, None));
    }
    match look(&auth, &parts).await {
        Err(error) if error.is_of_an_ended_session() => {
            let mut response = shown(None, None);
            response.headers_mut().append(SET_COOKIE, clearing(SESSION));
            Ok(response)
        }
        looked => looked,
    }
}

/// The same as a POST, for pages that keep a session alive while nothing is asked.
pub async fn refresh(State(auth): State<Shared>, request: Request) -> Result<Response, AuthError> {
    let (parts, _) = request.into_parts();
    look(&auth, &parts).await
}

async fn look(auth: &Auth, request: &Parts) -> Result<Response, AuthError> {
    let Some(secret) = auth.browser(&request.headers)? else { return Ok(shown(None, None)) };
    let session = auth.authenticator.session(&secret, auth.calling(request)).await?.ok_or_else(AuthError::ended)?;
    Ok(shown(Some(&session.user), Some(auth.authenticator.sessions.ends(&session))))
}

pub fn shown(user: Option<&Who>, expires_at: Option<DateTime<Utc>>) -> Response {
    Json(json!({ "user": user, "expiresAt": expires_at })).into_response()
}
