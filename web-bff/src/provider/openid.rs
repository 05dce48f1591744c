//! OpenID Connect: discovery, authorization code, PKCE, state, nonce, and an ID token that is checked against JWKS.

use std::sync::Arc;
use std::time::Duration;

use kit::loopback::is_private;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreIdTokenClaims, CoreJwsSigningAlgorithm, CoreProviderMetadata,
    CoreTokenResponse, CoreUserInfoClaims,
};
use openidconnect::{
    AccessToken, AccessTokenHash, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    DiscoveryError, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, IssuerUrl, Nonce, OAuth2TokenResponse,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, TokenResponse,
};
use tokio::sync::RwLock;
use tokio::time::Instant;

use super::{AuthorizationState, ProviderError, ProviderProfile, http};
use crate::settings::ProviderSettings;

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// A provider may change its keys whenever it likes, and an unknown key makes us look again, but not more often than this.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(30);
/// So often it is looked up anyway: where things are may change too.
const STALE_AFTER: Duration = Duration::from_secs(3_600);
/// Signatures that only the provider can make. `HS256` would be one that whoever knows the client's secret can make.
const SIGNED_BY: [CoreJwsSigningAlgorithm; 6] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
];

pub struct OpenId {
    http: reqwest::Client,
    issuer: IssuerUrl,
    id: ClientId,
    secret: ClientSecret,
    scopes: Vec<Scope>,
    back: RedirectUrl,
    discovered: RwLock<Option<Discovered>>,
}

/// Why an ID token proves nothing. In words of ours: what the provider wrote into it is none of the log's business.
enum IdTokenError {
    Key,
    Claims(&'static str),
}

impl From<IdTokenError> for ProviderError {
    fn from(unbelieved: IdTokenError) -> Self {
        match unbelieved {
            IdTokenError::Key => Self::Unproven("the signature of its ID token does not hold"),
            IdTokenError::Claims(what) => Self::Unproven(what),
        }
    }
}

impl From<ClaimsVerificationError> for IdTokenError {
    fn from(error: ClaimsVerificationError) -> Self {
        use ClaimsVerificationError as Error;
        match error {
            Error::SignatureVerification(_) => Self::Key,
            Error::Expired(_) => Self::Claims("its ID token has expired"),
            Error::InvalidAudience(_) => Self::Claims("its ID token is meant for somebody else"),
            Error::InvalidIssuer(_) => Self::Claims("its ID token names another issuer"),
            Error::InvalidNonce(_) => Self::Claims("its ID token has another nonce"),
            _ => Self::Claims("its ID token does not hold"),
        }
    }
}

/// The claims of an ID token that the provider signed, for us, for this flow and beside this access token.
fn proven(
    id_token: &CoreIdToken,
    client: &Client,
    nonce: &Nonce,
    token: &AccessToken,
) -> Result<CoreIdTokenClaims, IdTokenError> {
    const HASH: IdTokenError = IdTokenError::Claims("its ID token belongs to another access token");
    let verifier = client.id_token_verifier().set_allowed_algs(SIGNED_BY);
    let claims = id_token.claims(&verifier, nonce)?.clone();
    if let Some(expected) = claims.access_token_hash() {
        let algorithm = id_token.signing_alg().map_err(|_unknown| HASH)?;
        let key = id_token.signing_key(&verifier).map_err(|_unknown| IdTokenError::Key)?;
        let actual = AccessTokenHash::from_token(token, algorithm, key).map_err(|_unhashed| HASH)?;
        if actual != *expected {
            return Err(HASH);
        }
    }
    Ok(claims)
}

#[derive(Clone)]
struct Discovered {
    client: Arc<Client>,
    at: Instant,
}

impl OpenId {
    pub fn new(settings: &ProviderSettings, issuer: &str, back: String) -> anyhow::Result<Self> {
        http::ensure_private(&settings.name, issuer)?;
        let asked = if settings.scopes.is_empty() {
            vec!["email".to_owned(), "profile".to_owned()]
        } else {
            settings.scopes.clone()
        };
        Ok(Self {
            http: http::client()?,
            issuer: IssuerUrl::new(issuer.to_owned())?,
            id: ClientId::new(settings.client_id.clone()),
            secret: ClientSecret::new(settings.client_secret.reveal().to_owned()),
            scopes: asked.into_iter().map(Scope::new).collect(),
            back: RedirectUrl::new(back)?,
            discovered: RwLock::new(None),
        })
    }

    pub async fn authorization_url(&self, begun: &AuthorizationState) -> Result<String, ProviderError> {
        let client = self.client(STALE_AFTER).await?;
        let (state, nonce) = (begun.state.clone(), begun.nonce.clone());
        let (url, _, _) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || CsrfToken::new(state), || Nonce::new(nonce))
            .add_scopes(self.scopes.iter().cloned())
            .set_pkce_challenge(begun.challenge())
            .url();
        if !is_private(&url) {
            return Err(ProviderError::Unproven("its authorization endpoint is neither https:// nor on this machine"));
        }
        Ok(url.into())
    }

    pub async fn identify(
        &self,
        code: String,
        issuer: Option<&str>,
        begun: AuthorizationState,
    ) -> Result<ProviderProfile, ProviderError> {
        // RFC 9207: an answer that says where it comes from comes from there, or from a provider that mixes us up.
        if issuer.is_some_and(|issuer| issuer != self.issuer.as_str()) {
            return Err(ProviderError::Unproven("it names another issuer"));
        }
        let client = self.client(STALE_AFTER).await?;
        let tokens = self.redeem(&client, code, begun.verifier).await?;
        let id_token = tokens.id_token().ok_or(ProviderError::Unproven("there is no ID token"))?;
        let nonce = Nonce::new(begun.nonce);
        let claims = match proven(id_token, &client, &nonce, tokens.access_token()) {
            // The key may be newer than what we know of the provider.
            Err(IdTokenError::Key) => {
                let client = self.client(LOOK_AGAIN_AFTER).await?;
                proven(id_token, &client, &nonce, tokens.access_token())?
            }
            proven => proven?,
        };
        let mut known = ProviderProfile {
            sub: claims.subject().to_string(),
            email: claims.email().map(|email| email.to_string()),
            email_verified: claims.email_verified().unwrap_or(false),
            name: claims.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
        };
        if known.email.is_none() {
            self.look_up(&client, tokens.access_token().clone(), claims, &mut known).await?;
        }
        Ok(known)
    }

    async fn redeem(
        &self,
        client: &Client,
        code: String,
        verifier: String,
    ) -> Result<CoreTokenResponse, ProviderError> {
        let exchange = |request: HttpRequest| http::exchange(self.http.clone(), request);
        client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_no_endpoint| ProviderError::Unproven("it has no token endpoint"))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier))
            .request_async(&exchange)
            .await
            .map_err(|error| match error {
                RequestTokenError::Request(cause) => cause.into(),
                RequestTokenError::ServerResponse(_) => ProviderError::Unproven("it does not take the code"),
                RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                    ProviderError::Unproven("its token response cannot be read")
                }
            })
    }

    /// Many providers keep the address out of the ID token.
    async fn look_up(
        &self,
        client: &Client,
        token: AccessToken,
        claims: CoreIdTokenClaims,
        known: &mut ProviderProfile,
    ) -> Result<(), ProviderError> {
        let Ok(asking) = client.user_info(token, Some(claims.subject().clone())) else { return Ok(()) };
        let exchange = |request: HttpRequest| http::exchange(self.http.clone(), request);
        let told: CoreUserInfoClaims = asking
            .request_async(&exchange)
            .await
            .map_err(|_unread| ProviderError::Unproven("its user info cannot be read"))?;
        known.email = told.email().map(|email| email.to_string());
        known.email_verified = told.email_verified().unwrap_or(false);
        known.name =
            known.name.take().or_else(|| told.name().and_then(|name| name.get(None)).map(|name| name.to_string()));
        Ok(())
    }

    /// What is known of the provider, no older than this.
    async fn client(&self, no_older: Duration) -> Result<Arc<Client>, ProviderError> {
        let fresh = |known: &Option<Discovered>| known.clone().filter(|known| known.at.elapsed() < no_older);
        if let Some(known) = fresh(&*self.discovered.read().await) {
            return Ok(known.client);
        }
        let mut discovered = self.discovered.write().await;
        if let Some(known) = fresh(&discovered) {
            return Ok(known.client);
        }
        let exchange = |request: HttpRequest| http::exchange(self.http.clone(), request);
        let found = CoreProviderMetadata::discover_async(self.issuer.clone(), &exchange).await;
        let metadata = match (found, &*discovered) {
            (Ok(metadata), _) => metadata,
            // Better what was true than nothing.
            (Err(DiscoveryError::Request(_)), Some(known)) => return Ok(Arc::clone(&known.client)),
            (Err(DiscoveryError::Request(cause)), None) => return Err(cause.into()),
            (Err(_), _) => return Err(ProviderError::Away("its discovery document cannot be used".to_owned())),
        };
        let client = CoreClient::from_provider_metadata(metadata, self.id.clone(), Some(self.secret.clone()))
            .set_redirect_uri(self.back.clone());
        let client = Arc::new(client);
        *discovered = Some(Discovered { client: Arc::clone(&client), at: Instant::now() });
        Ok(client)
    }
}
