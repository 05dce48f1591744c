//! Signing out, here and in the users subgraph.

use axum::extract::{Request, State};
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use kit::Result;
use serde::Deserialize;

use super::error::AuthError;
use super::session::shown;
use super::{Auth, Shared, body};
use crate::address::ClientAddress;
use crate::session::{GUEST, SESSION, Secret, clearing};
use crate::users::Outcome;

#[derive(Deserialize)]
struct Logout {
    /// On all devices.
    #[serde(default)]
    everywhere: bool,
}

/// Ends the session. Without one there is nothing to end, and the cookie goes all the same.
pub async fn log_out(State(auth): State<Shared>, request: Request) -> Result<Response, AuthError> {
    let (parts, body) = request.into_parts();
    let secret = auth.browser(&parts.headers)?;
    let Logout { everywhere } = body::read(&parts.headers, body).await?;
    let calling = auth.calling(&parts);
    match secret {
        Some(secret) if everywhere => auth.forget_everywhere(&secret, calling).await?,
        Some(secret) => auth.forget(&secret, calling).await?,
        None => {}
    }
    let mut response = shown(None, None);
    // Whoever uses this browser next finds nothing in it, of a guest neither.
    for cookie in [SESSION, GUEST] {
        response.headers_mut().append(SET_COOKIE, clearing(cookie));
    }
    Ok(response)
}

impl Auth {
    /// The tokens were nowhere but here, so the session is over with this, whether or not the users subgraph hears of it.
    pub async fn forget(&self, secret: &Secret, calling: ClientAddress) -> Result<()> {
        let session = self.authenticator.sessions.find(secret).await?;
        self.authenticator.sessions.end(secret).await?;
        let Some(session) = session else { return Ok(()) };
        if let Err(failure) = self.users.log_out(&session.refresh_token, None, calling).await {
            let cause = failure.into_anyhow();
            tracing::warn!(cause = format!("{cause:#}"), "the users subgraph did not hear that a session has ended");
        }
        Ok(())
    }

    /// The other sessions end in the users subgraph or not at all.
    async fn forget_everywhere(&self, secret: &Secret, calling: ClientAddress) -> Result<(), AuthError> {
        let session = self.authenticator.session(secret, calling).await?.ok_or_else(AuthError::ended)?;
        let token = Some(session.access_token.as_str());
        if let Outcome::Refused(user_error) = self.users.log_out(&session.refresh_token, token, calling).await? {
            return Err(user_error.into());
        }
        Ok(self.authenticator.sessions.end(secret).await?)
    }
}
