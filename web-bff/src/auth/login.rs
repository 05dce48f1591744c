//! Signing in with what the user knows or was sent.

use axum::extract::{Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::denial::Denial;
use super::session::shown;
use super::{Auth, Shared, body};
use crate::session::{Calling, SESSION, Secret, Session, presented, setting};
use crate::users::{Outcome, SignedIn};

#[derive(Deserialize)]
struct Login {
    email: String,
    password: String,
    device: Option<String>,
}

#[derive(Deserialize)]
struct Verification {
    token: String,
    device: Option<String>,
}

pub async fn log_in(State(auth): State<Shared>, request: Request) -> Result<Response, Denial> {
    let (parts, body) = request.into_parts();
    auth.browser(&parts.headers)?;
    let Login { email, password, device } = body::read(&parts.headers, body).await?;
    let input = json!({ "email": email, "password": password, "device": device });
    let calling = auth.calling(&parts);
    let outcome = auth.users.log_in(input, calling).await?;
    auth.answer(outcome, &parts.headers, calling).await
}

/// The link in the mail: whoever holds it reads the user's mail.
pub async fn verify(State(auth): State<Shared>, request: Request) -> Result<Response, Denial> {
    let (parts, body) = request.into_parts();
    auth.browser(&parts.headers)?;
    let Verification { token, device } = body::read(&parts.headers, body).await?;
    let calling = auth.calling(&parts);
    let outcome = auth.users.verify_email(json!({ "token": token, "device": device }), calling).await?;
    auth.answer(outcome, &parts.headers, calling).await
}

impl Auth {
    async fn answer(
        &self,
        outcome: Outcome<SignedIn>,
        headers: &HeaderMap,
        calling: Calling,
    ) -> Result<Response, Denial> {
        let signed_in = match outcome {
            Outcome::Done(signed_in) => signed_in,
            Outcome::Denied(denied) => return Err(denied.into()),
        };
        let (secret, session) = self.begin(signed_in, headers, calling).await?;
        let mut response = shown(Some(&session.user), Some(self.door.sessions.ends(&session)));
        response.headers_mut().append(SET_COOKIE, self.cookie(&secret));
        Ok(response)
    }

    /// A session of its own for whoever has signed in. One that the browser had before ends.
    pub async fn begin(
        &self,
        signed_in: SignedIn,
        headers: &HeaderMap,
        calling: Calling,
    ) -> Result<(Secret, Session), Denial> {
        if let Some(before) = presented(headers, SESSION) {
            self.forget(&before, calling).await?;
        }
        Ok(self.door.sessions.begin(signed_in).await?)
    }

    pub fn cookie(&self, secret: &Secret) -> HeaderValue {
        setting(SESSION, secret, self.door.sessions.longest_seconds())
    }
}
