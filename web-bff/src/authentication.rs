//! Authentication at the edge: by a bearer token, or by a session cookie whose tokens never leave the edge.

use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use kit::identity::token::Verifier;
use kit::{Code, Failure, Refusal, Result, Role, Signed};

use crate::address::ClientAddress;
use crate::address::Proxies;
use crate::origins::Origins;
use crate::public_url::PublicUrl;
use crate::session::{SESSION, Secret, Session, Sessions, carries, presented};
use crate::{csrf, failures};

/// Authenticates requests.
#[derive(Clone)]
pub struct Authenticator {
    pub verifier: Verifier,
    pub sessions: Sessions,
    pub public: PublicUrl,
    pub origins: Origins,
    pub proxies: Proxies,
}

/// An authenticated request.
#[derive(Default)]
pub struct Authenticated {
    /// The `authorization` header for the subgraphs; `None` if nobody is signed in.
    pub authorization: Option<HeaderValue>,
    pub signed: Option<Signed>,
    /// Whether the browser sent the cookie of a session that has ended. The request is a guest's.
    pub ended: bool,
}

impl Authenticated {
    fn after_a_session() -> Self {
        Self { ended: true, ..Self::default() }
    }

    /// Whether the viewer is one of the staff.
    pub fn is_staff(&self) -> bool {
        self.signed.as_ref().is_some_and(|signed| signed.role == Role::Staff)
    }
}

impl Authenticator {
    pub fn calling(&self, request: &Parts) -> ClientAddress {
        ClientAddress { client: self.proxies.client(&request.headers, &request.extensions) }
    }

    /// An invalid bearer token is refused: an app can tell its user. An invalid cookie makes the request a guest's: a page cannot
    /// read the cookie, and would stay blank until somebody clears it.
    pub async fn authenticate(&self, request: &Parts) -> Result<Authenticated, Refusal> {
        let headers = &request.headers;
        if let Some(given) = headers.get(AUTHORIZATION) {
            let signed = self.bearer(headers).await?;
            return Ok(Authenticated { authorization: Some(given.clone()), signed, ended: false });
        }
        let Some(secret) = presented(headers, SESSION) else {
            return Ok(Authenticated { ended: carries(headers, SESSION), ..Authenticated::default() });
        };
        if let Err(refused) = csrf::admit(headers, &self.origins) {
            // A session that has ended needs no CSRF proof.
            let lives = self.sessions.find(&secret).await.map_err(failures::to_refusal)?.is_some();
            return if lives { Err(refused) } else { Ok(Authenticated::after_a_session()) };
        }
        let held = self.verified_session(&secret, self.calling(request)).await.map_err(failures::to_refusal)?;
        let Some((session, signed)) = held else { return Ok(Authenticated::after_a_session()) };
        let authorization = bearer_of(&session).map_err(failures::to_refusal)?;
        Ok(Authenticated { authorization: Some(authorization), signed: Some(signed), ended: false })
    }

    /// Verifies a bearer token by its signature. Redis tells only whether its session was ended early; if Redis is away, the
    /// token counts until it expires, some minutes later.
    async fn bearer(&self, headers: &HeaderMap) -> Result<Option<Signed>, Refusal> {
        let signed = self.verifier.viewer(headers).await?.signed;
        let Some(sid) = signed.as_ref().and_then(|signed| signed.session.as_deref()) else { return Ok(signed) };
        match self.sessions.has_ended(sid).await {
            Ok(false) => Ok(signed),
            Ok(true) => Err(ended()),
            Err(failure) => {
                let cause = failure.into_anyhow();
                tracing::warn!(cause = format!("{cause:#}"), "whether a session has ended cannot be looked up");
                Ok(signed)
            }
        }
    }

    /// The session of a cookie, with a valid access token; `None` if the session has ended.
    pub async fn session(&self, secret: &Secret, calling: ClientAddress) -> Result<Option<Session>> {
        Ok(self.verified_session(secret, calling).await?.map(|(session, _)| session))
    }

    /// The session of a cookie, and the viewer of its access token; `None` if the session has ended.
    pub async fn verified_session(&self, secret: &Secret, calling: ClientAddress) -> Result<Option<(Session, Signed)>> {
        let Some(session) = self.sessions.fresh(secret, calling).await? else { return Ok(None) };
        let signed = match self.verifier.verify(&session.access_token).await {
            Ok(signed) => signed,
            Err(refused) if refused.code == Code::Unauthenticated => {
                self.sessions.end(secret).await?;
                return Ok(None);
            }
            Err(refused) => return Err(Failure::from(refused)),
        };
        if let Some(sid) = &signed.session
            && self.sessions.has_ended(sid).await?
        {
            self.sessions.end(secret).await?;
            return Ok(None);
        }
        Ok(Some((session, signed)))
    }
}

pub fn bearer_of(session: &Session) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", session.access_token))?;
    value.set_sensitive(true);
    Ok(value)
}

pub fn ended() -> Refusal {
    Refusal::new(Code::Unauthenticated, "Your session has ended. Sign in again.")
}
