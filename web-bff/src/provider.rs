//! Identity providers: OpenID Connect, and Facebook.

mod facebook;
mod http;
mod openid;

use oauth2::{CsrfToken, PkceCodeChallenge, PkceCodeVerifier};
use openidconnect::Nonce;
use serde::{Deserialize, Serialize};

use self::facebook::Facebook;
use self::openid::OpenId;
use crate::settings::{Kind, ProviderSettings};

/// What else stands under `/auth/`.
const TAKEN: [&str; 11] =
    ["assets", "email", "failed", "login", "logout", "order", "providers", "refresh", "reset", "session", "verify"];
const GOOGLE: &str = "https://accounts.google.com";

/// An identity at a provider, as it is told to the users subgraph. Never printed: it holds an e-mail address and a name.
#[derive(Serialize)]
pub struct Identity {
    pub provider: String,
    pub sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the provider vouches for the address.
    pub email_verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What is kept between the authorization request and the callback: state, nonce and PKCE verifier.
#[derive(Clone, Serialize, Deserialize)]
pub struct AuthorizationState {
    pub state: String,
    pub nonce: String,
    pub verifier: String,
}

impl AuthorizationState {
    pub fn random() -> Self {
        let (_, verifier) = PkceCodeChallenge::new_random_sha256();
        Self {
            state: CsrfToken::new_random_len(32).into_secret(),
            nonce: Nonce::new_random_len(32).secret().clone(),
            verifier: verifier.into_secret(),
        }
    }

    fn challenge(&self) -> PkceCodeChallenge {
        PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(self.verifier.clone()))
    }
}

/// Why a sign-in with a provider failed. The cause is logged; the browser is told only that it failed.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The provider cannot be reached.
    #[error("the provider does not answer: {0}")]
    Away(String),
    /// Its answer is invalid.
    #[error("the provider's answer does not hold: {0}")]
    Unproven(&'static str),
}

/// An identity provider.
pub struct Provider {
    pub name: String,
    pub label: String,
    protocol: Protocol,
}

enum Protocol {
    OpenId(Box<OpenId>),
    Facebook(Box<Facebook>),
}

impl Provider {
    pub fn new(settings: &ProviderSettings, public_url: &str) -> anyhow::Result<Self> {
        let ProviderSettings { name, label, kind, .. } = settings.clone();
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        anyhow::ensure!(!TAKEN.contains(&name.as_str()), "`{name}` under /auth/ is a page or an action of the edge");
        anyhow::ensure!(!name.is_empty() && name.bytes().all(fits), "the name of a provider is of a-z, 0-9 and -");
        let label = if label.is_empty() { name.clone() } else { label };
        let back = format!("{public_url}/auth/{name}/callback");
        let protocol = match kind {
            Kind::Openid => Protocol::OpenId(Box::new(OpenId::new(settings, &settings.issuer, back)?)),
            Kind::Google => Protocol::OpenId(Box::new(OpenId::new(settings, GOOGLE, back)?)),
            Kind::Facebook => Protocol::Facebook(Box::new(Facebook::new(settings, back)?)),
        };
        Ok(Self { name, label, protocol })
    }

    /// The URL of the authorization request.
    pub async fn authorization_url(&self, begun: &AuthorizationState) -> Result<String, ProviderError> {
        match &self.protocol {
            Protocol::OpenId(openid) => openid.authorization_url(begun).await,
            Protocol::Facebook(facebook) => Ok(facebook.authorization_url(begun)),
        }
    }

    /// The identity for this authorization code. `issuer` is the callback's `iss` parameter.
    pub async fn identify(
        &self,
        code: String,
        issuer: Option<&str>,
        begun: AuthorizationState,
    ) -> Result<Identity, ProviderError> {
        let known = match &self.protocol {
            Protocol::OpenId(openid) => openid.identify(code, issuer, begun).await?,
            Protocol::Facebook(facebook) => facebook.identify(code, begun).await?,
        };
        let ProviderProfile { sub, email, email_verified, name } = known;
        let name = name.filter(|name| !name.trim().is_empty());
        Ok(Identity {
            provider: self.name.clone(),
            sub,
            email_verified: email_verified && email.is_some(),
            email,
            name,
        })
    }
}

/// The claims of a provider.
struct ProviderProfile {
    sub: String,
    email: Option<String>,
    email_verified: bool,
    name: Option<String>,
}
