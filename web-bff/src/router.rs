//! The router behind the edge.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use kit::http::{Answer, Executor, Operation};
use kit::token::{AuthSettings, Verifier};
use kit::{CallerKeys, Code, Failure, Refused, caller};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{Settings, errors};

/// Runs operations by handing them to the router as they came.
pub struct Upstream {
    client: reqwest::Client,
    url: String,
    verifier: Verifier,
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
    pub fn new(settings: &Settings, auth: &AuthSettings, keys: CallerKeys) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .tcp_nodelay(true)
            .timeout(Duration::from_millis(settings.timeout_ms))
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build()?;
        let guest_header = auth.guest_header.parse().context("`auth.guest_header` is no header name")?;
        let verifier = Verifier::remote(auth.clone());
        Ok(Self { client, url: settings.router_url.clone(), verifier, keys, guest_header })
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
    fn passed_on(&self, request: &Parts, request_id: &HeaderValue) -> Result<HeaderMap, Refused> {
        let (headers, mut passed) = (&request.headers, HeaderMap::new());
        let credential = self.keys.credential(client_address(request)).map_err(unsigned)?;
        passed.insert(caller::HEADER, credential);
        for name in [&AUTHORIZATION, &self.guest_header] {
            if let Some(value) = headers.get(name) {
                passed.insert(name, value.clone());
            }
        }
        passed.insert(REQUEST_ID, request_id.clone());
        passed.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        passed.insert(ACCEPT, HeaderValue::from_static("application/json"));
        Ok(passed)
    }

    async fn ask_for(&self, operation: &Operation, request: &Parts, id: &HeaderValue) -> Result<Answer, Refused> {
        self.verifier.viewer(&request.headers).await?;
        self.ask(operation, self.passed_on(request, id)?).await
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
        let mut answer = asked.unwrap_or_else(Answer::from);
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

fn client_address(request: &Parts) -> Option<IpAddr> {
    request.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip().to_canonical())
}

fn unsigned(failure: Failure) -> Refused {
    let cause = failure.into_anyhow();
    tracing::error!(cause = format!("{cause:#}"), "the credential for the subgraphs cannot be signed");
    try_again()
}

fn unavailable(cause: reqwest::Error) -> Refused {
    tracing::error!(%cause, "the router cannot be reached");
    try_again()
}

fn try_again() -> Refused {
    Refused::new(Code::Unavailable, "The shop cannot answer at this moment. Try again shortly.")
}
