//! The router behind the edge.

use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use kit::http::{Answer, Executor, Operation};
use kit::token::AuthSettings;
use kit::{CallerKeys, Code, Refused, caller};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::door::{Door, Turned};
use crate::session::{SESSION, clearing};
use crate::{Settings, csrf, errors, failures, mixed};

/// Runs operations by handing them to the router as they came, with their variables' defaults filled in.
pub struct Upstream {
    client: reqwest::Client,
    url: String,
    door: Door,
    /// Root fields that no browser may ask for.
    tokens: Vec<String>,
    keys: CallerKeys,
    guest_header: HeaderName,
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

impl Upstream {
    pub fn new(settings: &Settings, auth: &AuthSettings, keys: CallerKeys, door: Door) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .tcp_nodelay(true)
            .timeout(Duration::from_millis(settings.timeout_ms))
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build()?;
        let guest_header = auth.guest_header.parse().context("`auth.guest_header` is no header name")?;
        let (url, tokens) = (settings.router_url.clone(), settings.tokens.clone());
        Ok(Self { client, url, door, tokens, keys, guest_header })
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

    /// What the subgraphs need to know of the request, and nothing else of it.
    fn passed_on(
        &self,
        request: &Parts,
        authorization: Option<HeaderValue>,
        request_id: &HeaderValue,
    ) -> Result<HeaderMap, Refused> {
        let mut passed = HeaderMap::new();
        let client = self.door.calling(request).client;
        passed.insert(caller::HEADER, self.keys.credential(client).map_err(failures::told)?);
        if let Some(authorization) = authorization {
            passed.insert(AUTHORIZATION, authorization);
        }
        if let Some(guest) = request.headers.get(&self.guest_header) {
            passed.insert(&self.guest_header, guest.clone());
        }
        passed.insert(REQUEST_ID, request_id.clone());
        passed.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        passed.insert(ACCEPT, HeaderValue::from_static("application/json"));
        Ok(passed)
    }

    async fn ask_for(&self, operation: &Operation, request: &Parts, id: &HeaderValue) -> Result<Answer, Turned> {
        let authorization = self.door.authorization(request).await?;
        if csrf::is_browser(&request.headers) {
            self.keep_tokens_from_pages(operation)?;
        }
        let headers = self.passed_on(request, authorization, id)?;
        let Some(parted) = operation.admitted.parted(operation.operation_name.as_deref()) else {
            return Ok(self.ask(operation, headers).await?);
        };
        let [schema, data] = mixed::parts(operation, &parted);
        let of_schema = self.ask(&schema, headers.clone()).await?;
        let of_data =
            if of_schema.status == StatusCode::OK { self.ask(&data, headers).await? } else { of_schema.clone() };
        Ok(mixed::merged(&parted.keys, of_schema, of_data))
    }

    /// A page has a cookie, whose tokens stay here. One that asks for a token by hand would have to keep it somewhere.
    fn keep_tokens_from_pages(&self, operation: &Operation) -> Result<(), Refused> {
        let asked = operation.admitted.root_fields(operation.operation_name.as_deref())?;
        let Some(field) = self.tokens.iter().find(|field| asked.contains(field.as_str())) else { return Ok(()) };
        let message = format!("`{field}` answers with tokens, which are for apps. A page signs in at /auth/login.");
        Err(Refused::new(Code::Forbidden, message))
    }

    async fn ask(&self, operation: &Operation, headers: HeaderMap) -> Result<Answer, Refused> {
        let body = Body {
            query: &operation.query,
            operation_name: operation.operation_name.as_deref(),
            variables: &operation.variables,
        };
        let answer = self.client.post(&self.url).headers(headers).json(&body).send().await.map_err(unavailable)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(unavailable)?;
        match status {
            StatusCode::OK | StatusCode::BAD_REQUEST => {
                let (body, status) = errors::shown(body, status);
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
    async fn execute(&self, operation: Operation, request: &Parts) -> Answer {
        let request_id = request_id(&request.headers);
        let asked = self.ask_for(&operation, request, &request_id).await;
        let mut answer = asked.unwrap_or_else(|Turned { refused, forget }| {
            let mut answer = Answer::from(refused);
            if forget {
                answer.headers.append(SET_COOKIE, clearing(SESSION));
            }
            answer
        });
        answer.headers.insert(REQUEST_ID, request_id);
        answer
    }
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

fn unavailable(cause: reqwest::Error) -> Refused {
    tracing::error!(%cause, "the router cannot be reached");
    try_again()
}

fn try_again() -> Refused {
    Refused::new(Code::Unavailable, "The shop cannot answer at this moment. Try again shortly.")
}
