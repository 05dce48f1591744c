//! The upstream: Apollo Router, to which the edge forwards operations.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use kit::graphql::http::{Answer, Executor, Operation};
use kit::identity::caller;
use kit::identity::token::AuthSettings;
use kit::{CallerKeys, Code, Refusal, SplitIntrospection};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::authentication::{Authenticated, Authenticator};
use crate::exchange::{exchange, is_repeatable};
use crate::guest::{Guests, with_extension};
use crate::names::Names;
use crate::session::{SESSION, clearing, presented};
use crate::{Settings, csrf, errors, failures, split_introspection};

/// Forwards operations to the router as they came, with the defaults of their variables filled in.
pub struct Upstream {
    client: reqwest::Client,
    url: String,
    authenticator: Authenticator,
    /// Root fields that answer with tokens, which no browser may ask for, each with what a page uses instead.
    tokens: BTreeMap<String, String>,
    /// Root fields that end the viewer's session.
    sign_outs: Vec<String>,
    keys: CallerKeys,
    guest_header: HeaderName,
    guests: Guests,
    /// Whether clients may introspect the schema, and whether errors suggest names of it.
    introspection: bool,
    suggestions: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    query: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    variables: &'a Map<String, Value>,
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const IDLE_CONNECTIONS: usize = 512;
/// Idle connections are kept this long: well below the time for which a router or subgraph that is told to stop goes on
/// serving, see `drain_delay_ms`.
const IDLE_FOR: Duration = Duration::from_secs(2);

impl Upstream {
    /// `open` is the default for settings that are `auto`: on in a shop that only its own machine reaches, and in a demo.
    pub fn new(
        settings: &Settings,
        auth: &AuthSettings,
        keys: CallerKeys,
        authenticator: Authenticator,
        open: bool,
    ) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .tcp_nodelay(true)
            .timeout(Duration::from_millis(settings.timeout_ms))
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .pool_idle_timeout(IDLE_FOR)
            .build()?;
        let guest_header = guest_header(auth)?;
        let Settings { guest_secrets, guest_claims, session, .. } = settings;
        let guests = Guests::new(guest_header.clone(), guest_secrets, guest_claims, session.guest_days)?;
        let (url, tokens, sign_outs) =
            (settings.router_url.clone(), settings.tokens.clone(), settings.sign_outs.clone());
        let (introspection, suggestions) = (settings.introspection.is_on(open), settings.suggestions.is_on(open));
        Ok(Self {
            client,
            url,
            authenticator,
            tokens,
            sign_outs,
            keys,
            guest_header,
            guests,
            introspection,
            suggestions,
        })
    }

    /// Whether a query gets through to the router and back.
    pub async fn answers(&self) -> bool {
        let asked =
            self.client.post(&self.url).header(CONTENT_TYPE, "application/json").body(r#"{"query":"{__typename}"}"#);
        asked.send().await.is_ok_and(|answer| answer.status().is_success())
    }

    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// The headers that the subgraphs need, and no others of the request.
    fn passed_on(&self, request: &Parts, request_id: &HeaderValue) -> Result<HeaderMap, Refusal> {
        let mut passed = HeaderMap::new();
        let client = self.authenticator.calling(request).client;
        passed.insert(caller::HEADER, self.keys.credential(client).map_err(failures::to_refusal)?);
        passed.insert(REQUEST_ID, request_id.clone());
        passed.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        passed.insert(ACCEPT, HeaderValue::from_static("application/json"));
        Ok(passed)
    }

    async fn ask_for(&self, operation: &Operation, request: &Parts, id: &HeaderValue) -> Result<Answer, Refusal> {
        let authenticated = self.authenticator.authenticate(request).await?;
        if csrf::is_browser(&request.headers) {
            self.keep_tokens_from_pages(operation)?;
        }
        let stranger = !authenticated.is_staff();
        if stranger && !self.introspection {
            keep_the_schema(operation)?;
        }
        let Authenticated { authorization, ended, .. } = authenticated;
        let guest = self.guests.of(operation, request, &self.authenticator.origins)?;
        let mut passed = self.passed_on(request, id)?;
        let proofs = [(AUTHORIZATION, authorization), (self.guest_header.clone(), guest.secret.clone())];
        passed.extend(proofs.into_iter().filter_map(|(name, proof)| Some((name, proof?))));
        let query = guest.query.as_deref().unwrap_or(&operation.query);
        let discreet = stranger && !self.suggestions;
        let mut answer = match operation.admitted.parted(operation.operation_name.as_deref()) {
            Some(parted) => self.ask_in_two(operation, &parted, passed, discreet).await?,
            None => self.ask(operation, query, passed, discreet).await?,
        };
        let signed_out = self.signs_out(operation, request, &answer).await?;
        guest.settle(&mut answer, signed_out);
        if signed_out {
            answer.headers.append(SET_COOKIE, clearing(SESSION));
        } else if ended {
            tell_of_the_end(&mut answer);
        }
        Ok(answer)
    }

    /// Refuses tokens to browsers: a page has a cookie whose tokens stay at the edge, and would have to store a token somewhere.
    fn keep_tokens_from_pages(&self, operation: &Operation) -> Result<(), Refusal> {
        let asked = operation.admitted.root_fields(operation.operation_name.as_deref())?;
        let found = self.tokens.iter().find(|(field, _)| asked.contains(field.as_str()));
        let Some((field, way)) = found else { return Ok(()) };
        let message = format!(
            "`{field}` answers with tokens, which are for apps, and this came from a page: it has a cookie, or an `Origin`, \
             `Sec-Fetch-…` or `{}` header. A page sends {way} instead, and gets a cookie.",
            csrf::HEADER
        );
        Err(Refusal::new(Code::Forbidden, message))
    }

    fn has_signed_out(&self, operation: &Operation, answer: &Answer) -> Result<bool, Refusal> {
        let mut keys = operation.admitted.roots(operation.operation_name.as_deref())?;
        keys.retain(|root| self.sign_outs.iter().any(|name| name == root.name));
        if keys.is_empty() {
            return Ok(false);
        }
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        Ok(keys.iter().any(|root| !said["data"][root.key].is_null()))
    }

    /// Whether a page has signed out with this operation. Then its session at the edge ends too.
    async fn signs_out(&self, operation: &Operation, request: &Parts, answer: &Answer) -> Result<bool, Refusal> {
        let headers = &request.headers;
        let by_cookie =
            !headers.contains_key(AUTHORIZATION) && csrf::admit(headers, &self.authenticator.origins).is_ok();
        if !by_cookie || !self.has_signed_out(operation, answer)? {
            return Ok(false);
        }
        if let Some(secret) = presented(headers, SESSION) {
            self.authenticator.sessions.end(&secret).await.map_err(failures::to_refusal)?;
        }
        Ok(true)
    }

    /// Introspection first: if that is refused, the data need not be fetched.
    async fn ask_in_two(
        &self,
        whole: &Operation,
        parted: &SplitIntrospection,
        headers: HeaderMap,
        discreet: bool,
    ) -> Result<Answer, Refusal> {
        let schema = self.ask(whole, &parted.schema, headers.clone(), discreet).await?;
        if schema.status != StatusCode::OK {
            return Ok(schema);
        }
        let data = self.ask(whole, &parted.data, headers, discreet).await?;
        Ok(split_introspection::merged(&parted.keys, &schema, data))
    }

    async fn ask(
        &self,
        operation: &Operation,
        query: &str,
        headers: HeaderMap,
        discreet: bool,
    ) -> Result<Answer, Refusal> {
        let body = Body { query, operation_name: operation.operation_name.as_deref(), variables: &operation.variables };
        let repeatable = is_repeatable(operation)?;
        let request = self.client.post(&self.url).headers(headers).json(&body);
        let (status, body) = exchange(request, repeatable).await.map_err(unavailable)?;
        match status {
            StatusCode::OK | StatusCode::BAD_REQUEST => {
                let (body, status) = errors::shown(body, status, operation, discreet);
                Ok(Answer::new(body).with_status(status))
            }
            other => {
                tracing::error!(status = other.as_u16(), "the router answered {other}");
                Err(try_again())
            }
        }
    }
}

#[async_trait]
impl Executor for Upstream {
    /// Validates against the schema before the operation is forwarded.
    async fn reword(
        &self,
        refused: Refusal,
        (document, variables): (&str, &Map<String, Value>),
        request: &Parts,
    ) -> Refusal {
        let of_the_schema = matches!(refused.code, Code::GraphqlValidationFailed | Code::BadUserInput);
        if self.suggestions || !of_the_schema {
            return refused;
        }
        match self.authenticator.authenticate(request).await {
            Ok(authenticated) if authenticated.is_staff() => refused,
            _ => discreetly(refused, &Names::of(document, Some(variables))),
        }
    }

    async fn execute(&self, operation: Operation, request: &Parts) -> Answer {
        let request_id = request_id(&request.headers);
        let asked = self.ask_for(&operation, request, &request_id).await;
        let mut answer = asked.unwrap_or_else(Answer::from);
        answer.headers.insert(REQUEST_ID, request_id);
        answer
    }
}

pub fn guest_header(auth: &AuthSettings) -> anyhow::Result<HeaderName> {
    auth.guest_header.parse().context("`auth.guest_header` is no header name")
}

fn keep_the_schema(operation: &Operation) -> Result<(), Refusal> {
    let asked = operation.admitted.root_fields(operation.operation_name.as_deref())?;
    let Some(field) = ["__schema", "__type"].into_iter().find(|field| asked.contains(field)) else { return Ok(()) };
    let message = format!(
        "`{field}` is not answered here: introspection is off for strangers. The schema comes with the documentation; \
         whoever runs the shop can switch it on with `edge.introspection`."
    );
    Err(Refusal::new(Code::IntrospectionDisabled, message))
}

/// What is wrong with an operation, in the names that its sender knows.
fn discreetly(refused: Refusal, names: &Names<'_>) -> Refusal {
    let message = names.kept_in(refused.without_suggestion());
    let others = refused.others.into_iter().map(|other| discreetly(other, names)).collect();
    Refusal { message, suggestion_at: None, others, ..refused }
}

/// Told once: the same response clears the cookie.
fn tell_of_the_end(answer: &mut Answer) {
    let said = serde_json::json!({
        "code": "SESSION_ENDED",
        "message": "Your session has ended, and this was answered as for a guest. Sign in again to go on as before.",
    });
    if let Some(body) = with_extension(&answer.body, "session", &said) {
        answer.body = body;
    }
    answer.headers.append(SET_COOKIE, clearing(SESSION));
}

/// The client's id of this request, if it is one that we would write to a log, or a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let plain = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        (1..=64).contains(&bytes.len()) && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    };
    headers
        .get(REQUEST_ID)
        .filter(plain)
        .cloned()
        .unwrap_or_else(|| HeaderValue::from_str(&Uuid::now_v7().to_string()).expect("a UUID is a header value"))
}

fn unavailable(cause: reqwest::Error) -> Refusal {
    tracing::error!(%cause, "the router cannot be reached");
    try_again()
}

fn try_again() -> Refusal {
    Refusal::new(Code::Unavailable, "The shop cannot answer at this moment. Try again shortly.")
}
