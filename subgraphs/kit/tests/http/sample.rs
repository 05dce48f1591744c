//! A schema to ask, and the asking.

use std::sync::Arc;

use async_graphql::{Context, EmptySubscription, Error, InputObject, MaybeUndefined, Object, Request, Schema};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use kit::graphql::guard::{Guard, hostile};
use kit::graphql::http::{SchemaExecutor, endpoint};
use kit::graphql::type_system::TypeSystem;
use kit::{Code, Failure, Refusal};
use serde_json::{Value, json};
use tower::ServiceExt;

pub struct Query;

#[Object]
impl Query {
    async fn sum(&self, left: i32, #[graphql(default = 0)] right: i32) -> i32 {
        left.saturating_add(right)
    }

    async fn first_word(&self, #[graphql(validator(chars_max_length = 20))] text: String) -> Option<String> {
        text.split_whitespace().next().map(str::to_owned)
    }

    async fn said(&self, what: MaybeUndefined<String>) -> &str {
        match what {
            MaybeUndefined::Undefined => "nothing",
            MaybeUndefined::Null => "null",
            MaybeUndefined::Value(_) => "something",
        }
    }

    async fn within(&self, range: Range) -> bool {
        range.least <= range.most
    }

    async fn caller(&self, ctx: &Context<'_>) -> Option<String> {
        ctx.data_opt::<Caller>().map(|caller| caller.0.clone())
    }

    async fn again(&self) -> Query {
        Query
    }

    async fn refused(&self) -> Result<Option<i32>, Failure> {
        Err(Refusal::new(Code::Forbidden, "Not you.").into())
    }

    async fn broken(&self) -> Result<Option<i32>, Failure> {
        Err(std::io::Error::other("password=hunter2").into())
    }

    async fn careless(&self) -> Result<Option<i32>, Error> {
        Err(Error::new("password=hunter2"))
    }

    async fn whole_answer_lost(&self) -> Result<i32, Failure> {
        Err(Refusal::new(Code::Unavailable, "Come back later.").into())
    }
}

#[derive(InputObject)]
struct Range {
    least: i32,
    most: i32,
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn increment(&self, by: i32) -> i32 {
        by.saturating_add(1)
    }
}

struct Caller(String);

pub fn router() -> Router {
    let schema = Schema::new(Query, Mutation, EmptySubscription);
    let types = TypeSystem::of(&schema);
    let executor = SchemaExecutor::new(schema, |request: Request, parts: &Parts| {
        let caller = parts.headers.get("x-caller").and_then(|value| value.to_str().ok()).map(str::to_owned);
        Box::pin(async move {
            match caller {
                Some(name) if name == "mallory" => Err(Refusal::unauthenticated()),
                Some(name) => Ok(request.data(Caller(name))),
                None => Ok(request),
            }
        })
    });
    endpoint(Arc::new(executor), Guard::new(hostile::limits(), types))
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub json: Value,
}

impl Reply {
    pub fn code(&self) -> &str {
        self.json["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
    }

    pub fn message(&self) -> &str {
        self.json["errors"][0]["message"].as_str().unwrap_or_default()
    }

    pub fn content_type(&self) -> &str {
        self.headers[header::CONTENT_TYPE].to_str().expect("text")
    }
}

pub async fn send(request: axum::http::Request<Body>) -> Reply {
    let response = router().oneshot(request).await.expect("the router never fails");
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 1 << 20).await.expect("a whole body");
    let json = serde_json::from_slice(&bytes).expect("every answer is JSON");
    Reply { status: parts.status, headers: parts.headers, json }
}

/// A request to `/graphql` with these headers.
pub fn request(
    method: &str,
    query: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> axum::http::Request<Body> {
    let mut request = axum::http::Request::builder().method(method).uri(format!("/graphql{query}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.into()).expect("a request")
}

pub const JSON: (&str, &str) = ("content-type", "application/json");
pub const MODERN: (&str, &str) = ("accept", "application/graphql-response+json");

pub async fn post(body: Value) -> Reply {
    send(request("POST", "", &[JSON, MODERN], body.to_string())).await
}

pub async fn ask(query: &str) -> Reply {
    post(json!({ "query": query })).await
}
