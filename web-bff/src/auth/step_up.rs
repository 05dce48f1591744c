//! Showing once more who is signed in.

use axum::extract::{Request, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::error::AuthError;
use super::session::shown;
use super::{Shared, body};
use crate::users::Outcome;

#[derive(Deserialize)]
struct StepUp {
    password: Option<String>,
    code: Option<String>,
}

/// The session goes on with a token that says that the proof is recent.
pub async fn step_up(State(auth): State<Shared>, request: Request) -> Result<Response, AuthError> {
    let (parts, body) = request.into_parts();
    let secret = auth.browser(&parts.headers)?.ok_or_else(AuthError::nobody)?;
    let StepUp { password, code } = body::read(&parts.headers, body).await?;
    let calling = auth.calling(&parts);
    let session = auth.authenticator.session(&secret, calling).await?.ok_or_else(AuthError::ended)?;
    let input = json!({ "password": password, "code": code });
    let renewed = match auth.users.step_up(input, &session.access_token, calling).await? {
        Outcome::Done(renewed) => renewed,
        Outcome::Refused(user_error) => return Err(user_error.into()),
    };
    let session = auth.authenticator.sessions.renew(&secret, renewed).await?.ok_or_else(AuthError::ended)?;
    Ok(shown(Some(&session.user), Some(auth.authenticator.sessions.ends(&session))))
}
