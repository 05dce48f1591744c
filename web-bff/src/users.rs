//! Calls of the edge itself to the users subgraph: for operations that the router does not offer, and for tokens that stay at
//! the edge.

mod export;
mod factors;

use std::time::Duration;

use axum::http::HeaderValue;
use chrono::{DateTime, Utc};
use kit::identity::caller;
use kit::{CallerKeys, Code, Failure, Refusal, Result};
use reqwest::header::AUTHORIZATION;
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use self::factors::Renewed;
use crate::address::ClientAddress;
use crate::provider::Identity;

/// An operation with the fragments that it uses. Files are looked for beside the one that names them.
macro_rules! document {
    ($($file:literal),+) => {
        concat!($(include_str!(concat!($file, ".graphql"))),+)
    };
}
use document;

const LOG_IN: &str = document!("users/log_in", "users/signed_in", "users/refused");
const VERIFY_EMAIL: &str = document!("users/verify_email", "users/signed_in", "users/refused");
const REFRESH: &str = document!("users/refresh", "users/signed_in", "users/refused");
const LOG_OUT: &str = document!("users/log_out", "users/refused");
const SIGN_IN_BY_IDENTITY: &str = document!("users/sign_in_by_identity", "users/signed_in", "users/refused");
const LINK_IDENTITY: &str = document!("users/link_identity", "users/refused");

/// Whom an assertion about an identity is meant for.
const IDENTITY_AUDIENCE: &str = "mercato-identity";
/// What the edge may do that the router may not.
const IDENTITY_ACT: &str = "identity";
/// A password's hash waits its turn behind others.
const WITHIN: Duration = Duration::from_secs(10);
/// Nothing is hashed, and whoever waits holds a lock.
const REFRESHED_WITHIN: Duration = Duration::from_secs(3);

#[derive(Clone)]
pub struct Users {
    client: reqwest::Client,
    url: String,
    keys: CallerKeys,
}

/// Somebody who has signed in, with what proves it from now on.
pub struct SignedIn {
    pub user: Who,
    pub access_token: String,
    pub expires_at: DateTime<Utc>,
    pub refresh_token: String,
    /// What the browser's device is known by from now on; none where a session merely goes on.
    pub device_token: Option<String>,
    /// Whether they work for the shop: then they are not signed in for long.
    pub is_staff: bool,
}

/// Who is signed in, as far as a page greets them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Who {
    pub id: String,
    pub display_name: String,
}

/// What became of something asked of the users subgraph.
pub enum Outcome<T> {
    Done(T),
    Refused(UserError),
}

/// A `UserError`, as the users subgraph words it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserError {
    pub code: String,
    pub message: String,
    #[serde(default)]
    pub path: Vec<String>,
    #[serde(default)]
    pub retry_after_seconds: Option<u64>,
    /// What to send with the code of a second factor.
    #[serde(default)]
    pub ticket: Option<String>,
    #[serde(default)]
    pub expires_at: Option<DateTime<Utc>>,
}

impl UserError {
    /// Whether the same may well be granted later.
    pub fn is_transient(&self) -> bool {
        matches!(self.code.as_str(), "TOO_MANY_ATTEMPTS" | "UNAVAILABLE")
    }
}

#[derive(Deserialize)]
struct Response<T> {
    data: Option<Data<T>>,
    #[serde(default)]
    errors: Vec<GraphqlError>,
}

#[derive(Deserialize)]
struct Data<T> {
    outcome: Option<T>,
}

#[derive(Deserialize)]
struct GraphqlError {
    #[serde(default)]
    extensions: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignInPayload {
    user: Option<Known>,
    access_token: Option<String>,
    expires_at: Option<DateTime<Utc>>,
    refresh_token: Option<String>,
    #[serde(default)]
    device_token: Option<String>,
    user_errors: Vec<UserError>,
}

#[derive(Deserialize)]
struct Known {
    #[serde(flatten)]
    who: Who,
    #[serde(default)]
    role: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    user_errors: Vec<UserError>,
}

/// One call, and who stands behind it.
struct Call<'a> {
    document: &'a str,
    input: Value,
    calling: ClientAddress,
    act: Option<&'a str>,
    access_token: Option<&'a str>,
    within: Duration,
}

impl<'a> Call<'a> {
    fn new(document: &'a str, input: Value, calling: ClientAddress) -> Self {
        Self { document, input, calling, act: None, access_token: None, within: WITHIN }
    }
}

impl Users {
    /// `url` is where the subgraph answers.
    pub fn new(url: &str, keys: CallerKeys) -> Result<Self> {
        let client = reqwest::Client::builder().no_proxy().tcp_nodelay(true).build()?;
        Ok(Self { client, url: url.to_owned(), keys })
    }

    pub async fn log_in(&self, input: Value, calling: ClientAddress) -> Result<Outcome<SignedIn>> {
        self.sign_in(Call::new(LOG_IN, input, calling)).await
    }

    pub async fn verify_email(&self, input: Value, calling: ClientAddress) -> Result<Outcome<SignedIn>> {
        self.sign_in(Call::new(VERIFY_EMAIL, input, calling)).await
    }

    pub async fn refresh(&self, refresh_token: &str, calling: ClientAddress) -> Result<Outcome<SignedIn>> {
        let input = json!({ "refreshToken": refresh_token });
        self.sign_in(Call { within: REFRESHED_WITHIN, ..Call::new(REFRESH, input, calling) }).await
    }

    /// Signs in whom a provider knows, on a device that may be known.
    pub async fn sign_in_by(
        &self,
        identity: &Identity,
        device_token: Option<String>,
        calling: ClientAddress,
    ) -> Result<Outcome<SignedIn>> {
        let assertion = self.keys.sign(IDENTITY_AUDIENCE, identity)?;
        let input = json!({ "assertion": assertion, "deviceToken": device_token });
        self.sign_in(Call { act: Some(IDENTITY_ACT), ..Call::new(SIGN_IN_BY_IDENTITY, input, calling) }).await
    }

    /// Lets a signed-in user sign in as this identity from now on.
    pub async fn link(&self, identity: &Identity, access_token: &str, calling: ClientAddress) -> Result<Outcome<()>> {
        let input = json!({ "assertion": self.keys.sign(IDENTITY_AUDIENCE, identity)? });
        let (act, access_token) = (Some(IDENTITY_ACT), Some(access_token));
        self.done(Call { act, access_token, ..Call::new(LINK_IDENTITY, input, calling) }).await
    }

    /// Ends the session that a refresh token goes on with, or each of its user's.
    pub async fn log_out(
        &self,
        refresh_token: &str,
        everywhere: Option<&str>,
        calling: ClientAddress,
    ) -> Result<Outcome<()>> {
        let input = json!({ "refreshToken": refresh_token, "everywhere": everywhere.is_some() });
        self.done(Call { access_token: everywhere, ..Call::new(LOG_OUT, input, calling) }).await
    }

    async fn sign_in(&self, call: Call<'_>) -> Result<Outcome<SignedIn>> {
        let payload: SignInPayload = self.ask(call).await?;
        let SignInPayload { user, access_token, expires_at, refresh_token, device_token, user_errors } = payload;
        if let Some(user_error) = user_errors.into_iter().next() {
            return Ok(Outcome::Refused(user_error));
        }
        match (user, access_token, expires_at, refresh_token) {
            (Some(Known { who, role }), Some(access_token), Some(expires_at), Some(refresh_token)) => {
                let is_staff = role.is_some_and(|role| role == "STAFF");
                let user = who;
                Ok(Outcome::Done(SignedIn { user, access_token, expires_at, refresh_token, device_token, is_staff }))
            }
            _ => Err(Failure::fault(anyhow::anyhow!("a sign-in was granted without its tokens"))),
        }
    }

    async fn done(&self, call: Call<'_>) -> Result<Outcome<()>> {
        let payload: Payload = self.ask(call).await?;
        Ok(payload.user_errors.into_iter().next().map_or(Outcome::Done(()), Outcome::Refused))
    }

    async fn ask<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T> {
        let outcome = self.find(call).await?;
        outcome.ok_or_else(|| Failure::fault(anyhow::anyhow!("the users subgraph answered without data")))
    }

    /// None where whoever asks has no such thing.
    async fn find<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<Option<T>> {
        let client = call.calling.client;
        let credential = match call.act {
            Some(act) => self.keys.credential_to(act, client)?,
            None => self.keys.credential(client)?,
        };
        let body = json!({ "query": call.document, "variables": { "input": call.input } });
        let request = self.client.post(&self.url).header(caller::HEADER, credential);
        let mut request = request.timeout(call.within).json(&body);
        if let Some(token) = call.access_token {
            let mut bearer = HeaderValue::from_str(&format!("Bearer {token}"))?;
            bearer.set_sensitive(true);
            request = request.header(AUTHORIZATION, bearer);
        }
        let response: Response<T> = request.send().await.map_err(away)?.json().await.map_err(away)?;
        if let Some(error) = response.errors.first() {
            return Err(told(error));
        }
        Ok(response.data.and_then(|data| data.outcome))
    }
}

/// An error of the users subgraph. Its message may speak of the document, which is ours and none of the client's.
fn told(error: &GraphqlError) -> Failure {
    let code = error.extensions["code"].as_str().unwrap_or_default();
    let ours: Result<Code, serde::de::value::Error> = Code::deserialize(code.into_deserializer());
    match ours {
        Ok(Code::Unauthenticated) => {
            Refusal::new(Code::Unauthenticated, "Your session has ended. Sign in again.").into()
        }
        Ok(Code::Unavailable) => try_again().into(),
        Ok(Code::StepUpRequired) => {
            let message = "Show once more that it is you (POST /auth/step-up), then begin again.";
            Refusal::new(Code::StepUpRequired, message).into()
        }
        _ => Failure::fault(anyhow::anyhow!("the users subgraph refused what the edge asked: {code}")),
    }
}

fn away(cause: reqwest::Error) -> Failure {
    tracing::error!(cause = %cause.without_url(), "the users subgraph does not answer");
    try_again().into()
}

fn try_again() -> Refusal {
    Refusal::new(Code::Unavailable, "Nobody can sign in or out at this moment. Try again shortly.")
}
