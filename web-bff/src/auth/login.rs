//! Signing in with what the user knows or was sent.

use axum::extract::{Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::error::AuthError;
use super::session::shown;
use super::{Auth, Shared, body};
use crate::address::ClientAddress;
use crate::session::{SESSION, Secret, Session, device_token, presented, setting, setting_device};
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
    password: Option<String>,
    device: Option<String>,
}

#[derive(Deserialize)]
struct SecondStep {
    ticket: String,
    code: String,
    device: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reset {
    token: String,
    new_password: String,
}

pub async fn log_in(State(auth): State<Shared>, request: Request) -> Result<Response, AuthError> {
    let (parts, body) = request.into_parts();
    auth.browser(&parts.headers)?;
    let Login { email, password, device } = body::read(&parts.headers, body).await?;
    let known = device_token(&parts.headers);
    let input = json!({ "email": email, "password": password, "device": device, "deviceToken": known });
    let calling = auth.calling(&parts);
    let outcome = auth.users.log_in(input, calling).await?;
    auth.answer(outcome, &parts.headers, calling).await
}

/// The link in the mail: whoever holds it reads the user's mail.
pub async fn verify(State(auth): State<Shared>, request: Request) -> Result<Response, AuthError> {
    let (parts, body) = request.into_parts();
    auth.browser(&parts.headers)?;
    let Verification { token, password, device } = body::read(&parts.headers, body).await?;
    let calling = auth.calling(&parts);
    let known = device_token(&parts.headers);
    let input = json!({ "token": token, "password": password, "device": device, "deviceToken": known });
    let outcome = auth.users.verify_email(input, calling).await?;
    auth.answer(outcome, &parts.headers, calling).await
}

/// What comes after `SECOND_FACTOR_REQUIRED`.
pub async fn second_factor(State(auth): State<Shared>, request: Request) -> Result<Response, AuthError> {
    let (parts, body) = request.into_parts();
    auth.browser(&parts.headers)?;
    let SecondStep { ticket, code, device } = body::read(&parts.headers, body).await?;
    let calling = auth.calling(&parts);
    let known = device_token(&parts.headers);
    let input = json!({ "ticket": ticket, "code": code, "device": device, "deviceToken": known });
    let outcome = auth.users.second_factor(input, calling).await?;
    auth.answer(outcome, &parts.headers, calling).await
}

/// The link in the mail sets a password, and the browser is known from then on. Nobody is signed in with that.
pub async fn reset(State(auth): State<Shared>, request: Request) -> Result<Response, AuthError> {
    let (parts, body) = request.into_parts();
    auth.browser(&parts.headers)?;
    let Reset { token, new_password } = body::read(&parts.headers, body).await?;
    let input = json!({ "token": token, "newPassword": new_password });
    match auth.users.reset_password(input, auth.calling(&parts)).await? {
        Outcome::Done(device) => {
            let mut response = shown(None, None);
            remember_device(&mut response, device.as_deref());
            Ok(response)
        }
        Outcome::Refused(user_error) => Err(user_error.into()),
    }
}

/// The browser shows by a cookie from now on that somebody signed in on it.
pub fn remember_device(response: &mut Response, token: Option<&str>) {
    if let Some(cookie) = token.and_then(setting_device) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

impl Auth {
    async fn answer(
        &self,
        outcome: Outcome<SignedIn>,
        headers: &HeaderMap,
        calling: ClientAddress,
    ) -> Result<Response, AuthError> {
        let signed_in = match outcome {
            Outcome::Done(signed_in) => signed_in,
            Outcome::Refused(user_error) => return Err(user_error.into()),
        };
        let device = signed_in.device_token.clone();
        let (secret, session) = self.begin(signed_in, headers, calling).await?;
        let mut response = shown(Some(&session.user), Some(self.authenticator.sessions.ends(&session)));
        response.headers_mut().append(SET_COOKIE, self.cookie(&secret, &session));
        remember_device(&mut response, device.as_deref());
        Ok(response)
    }

    /// A session of its own for whoever has signed in. One that the browser had before ends.
    pub async fn begin(
        &self,
        signed_in: SignedIn,
        headers: &HeaderMap,
        calling: ClientAddress,
    ) -> Result<(Secret, Session), AuthError> {
        if let Some(before) = presented(headers, SESSION) {
            self.forget(&before, calling).await?;
        }
        Ok(self.authenticator.sessions.begin(signed_in).await?)
    }

    pub fn cookie(&self, secret: &Secret, session: &Session) -> HeaderValue {
        setting(SESSION, secret, self.authenticator.sessions.longest_seconds(session))
    }
}
