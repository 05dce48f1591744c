//! Who asks, at the door: by a bearer token, or by a cookie whose tokens never leave.

use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use kit::token::Verifier;
use kit::{Code, Failure, Refused, Result};

use crate::public_url::PublicUrl;
use crate::session::{Calling, SESSION, Secret, Session, Sessions, presented};
use crate::{address, csrf, failures};

/// Knows who asks, or that somebody lies about it.
#[derive(Clone)]
pub struct Door {
    pub verifier: Verifier,
    pub sessions: Sessions,
    pub public: PublicUrl,
    pub proxies: usize,
}

/// Turned away.
#[derive(Debug)]
pub struct Turned {
    pub refused: Refused,
    /// Whether the browser's cookie is good for nothing any more.
    pub forget: bool,
}

impl From<Refused> for Turned {
    fn from(refused: Refused) -> Self {
        Self { refused, forget: false }
    }
}

impl Door {
    pub fn calling(&self, request: &Parts) -> Calling {
        Calling { client: address::client(&request.headers, &request.extensions, self.proxies) }
    }

    /// What the subgraphs are to see as `authorization`; nothing where nobody is signed in.
    pub async fn authorization(&self, request: &Parts) -> Result<Option<HeaderValue>, Turned> {
        let headers = &request.headers;
        if let Some(given) = headers.get(AUTHORIZATION) {
            self.bearer(headers).await?;
            return Ok(Some(given.clone()));
        }
        let Some(secret) = presented(headers, SESSION) else { return Ok(None) };
        csrf::admit(headers, &self.public)?;
        let session = self.session(&secret, self.calling(request)).await.map_err(failures::told)?;
        let Some(session) = session else { return Err(Turned { refused: ended(), forget: true }) };
        Ok(Some(bearer_of(&session).map_err(failures::told)?))
    }

    /// A bearer token holds on its own. Redis tells only that its session ended early; when it cannot, the token's own
    /// end, some minutes away, has to do.
    async fn bearer(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let viewer = self.verifier.viewer(headers).await?;
        let Some(sid) = viewer.signed.and_then(|signed| signed.session) else { return Ok(()) };
        match self.sessions.has_ended(&sid).await {
            Ok(false) => Ok(()),
            Ok(true) => Err(ended()),
            Err(failure) => {
                let cause = failure.into_anyhow();
                tracing::warn!(cause = format!("{cause:#}"), "whether a session has ended cannot be looked up");
                Ok(())
            }
        }
    }

    /// The session behind a cookie, with an access token that holds; none if it is over.
    pub async fn session(&self, secret: &Secret, calling: Calling) -> Result<Option<Session>> {
        let Some(session) = self.sessions.fresh(secret, calling).await? else { return Ok(None) };
        let signed = match self.verifier.verify(&session.access_token).await {
            Ok(signed) => signed,
            Err(refused) if refused.code == Code::Unauthenticated => {
                self.sessions.end(secret).await?;
                return Ok(None);
            }
            Err(refused) => return Err(Failure::from(refused)),
        };
        if let Some(sid) = signed.session
            && self.sessions.has_ended(&sid).await?
        {
            self.sessions.end(secret).await?;
            return Ok(None);
        }
        Ok(Some(session))
    }
}

pub fn bearer_of(session: &Session) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", session.access_token))?;
    value.set_sensitive(true);
    Ok(value)
}

pub fn ended() -> Refused {
    Refused::new(Code::Unauthenticated, "Your session has ended. Sign in again.")
}
