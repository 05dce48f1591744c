//! Facebook: OAuth 2, and the Graph in place of an ID token.
//!
//! The Graph answers to whoever holds the token, so each question carries a proof that it is this app that holds it. An
//! address from there counts as unverified: nothing in the answer says that Facebook has checked it.

use aws_lc_rs::hmac;
use oauth2::basic::BasicClient;
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet, HttpRequest,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, TokenResponse, TokenUrl,
};
use reqwest::Url;
use serde::Deserialize;

use super::{AuthorizationState, ProviderError, ProviderProfile, http};
use crate::settings::ProviderSettings;

const DIALOG: &str = "https://www.facebook.com/v23.0";
const GRAPH: &str = "https://graph.facebook.com/v23.0";

type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

pub struct Facebook {
    http: reqwest::Client,
    client: Client,
    scopes: Vec<Scope>,
    me: Url,
    proof: hmac::Key,
}

#[derive(Deserialize)]
struct Me {
    id: String,
    name: Option<String>,
    email: Option<String>,
}

impl Facebook {
    pub fn new(settings: &ProviderSettings, back: String) -> anyhow::Result<Self> {
        let elsewhere = settings.issuer.trim_end_matches('/');
        let (dialog, graph) = if elsewhere.is_empty() { (DIALOG, GRAPH) } else { (elsewhere, elsewhere) };
        http::ensure_private(&settings.name, graph)?;
        let secret = settings.client_secret.reveal();
        let client = BasicClient::new(ClientId::new(settings.client_id.clone()))
            .set_client_secret(ClientSecret::new(secret.to_owned()))
            .set_auth_type(oauth2::AuthType::RequestBody)
            .set_auth_uri(AuthUrl::new(format!("{dialog}/dialog/oauth"))?)
            .set_token_uri(TokenUrl::new(format!("{graph}/oauth/access_token"))?)
            .set_redirect_uri(RedirectUrl::new(back)?);
        let asked = if settings.scopes.is_empty() { vec!["email".to_owned()] } else { settings.scopes.clone() };
        Ok(Self {
            http: http::client()?,
            client,
            scopes: asked.into_iter().map(Scope::new).collect(),
            me: Url::parse(&format!("{graph}/me"))?,
            proof: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
        })
    }

    pub fn authorization_url(&self, begun: &AuthorizationState) -> String {
        let state = begun.state.clone();
        let asking = self.client.authorize_url(|| CsrfToken::new(state)).add_scopes(self.scopes.iter().cloned());
        let (url, _) = asking.set_pkce_challenge(begun.challenge()).url();
        url.into()
    }

    pub async fn identify(&self, code: String, begun: AuthorizationState) -> Result<ProviderProfile, ProviderError> {
        let exchange = |request: HttpRequest| http::exchange(self.http.clone(), request);
        let tokens = self
            .client
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier))
            .request_async(&exchange)
            .await
            .map_err(|error| match error {
                RequestTokenError::Request(cause) => cause.into(),
                RequestTokenError::ServerResponse(_) => ProviderError::Unproven("it does not take the code"),
                RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                    ProviderError::Unproven("its token response cannot be read")
                }
            })?;
        let token = tokens.access_token().secret();
        let mut url = self.me.clone();
        url.query_pairs_mut().append_pair("fields", "id,name,email").append_pair("appsecret_proof", &self.prove(token));
        let away = |cause: reqwest::Error| ProviderError::Away(cause.without_url().to_string());
        let request = self.http.get(url).bearer_auth(token).build().map_err(away)?;
        let (status, _, body) = http::send(&self.http, request).await?;
        if !status.is_success() {
            return Err(ProviderError::Unproven("the Graph does not take the token"));
        }
        let unread = |_unshown| ProviderError::Unproven("the Graph's answer cannot be read");
        let me: Me = serde_json::from_slice(&body).map_err(unread)?;
        Ok(ProviderProfile { sub: me.id, email: me.email, email_verified: false, name: me.name })
    }

    fn prove(&self, token: &str) -> String {
        hex::encode(hmac::sign(&self.proof, token.as_bytes()))
    }
}
