use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{Method, Request, Response, StatusCode};
use axum::routing::any;

use super::accept::{self, Format};
use super::answer::Answer;
use super::asked::Asked;
use super::executor::{Executor, Operation};
use super::refusal::HttpRefusal;
use super::{body, origin};
use crate::graphql::guard::Guard;
use crate::{Code, Refusal};

/// Serves `executor` at `/graphql`.
pub fn endpoint(executor: Arc<dyn Executor>, guard: Guard) -> Router {
    let respond = |State(endpoint): State<Endpoint>, request| async move { endpoint.respond(request).await };
    Router::new().route("/graphql", any(respond)).with_state(Endpoint::new(executor, guard))
}

/// Answers GraphQL requests, wherever they are routed from.
#[derive(Clone)]
pub struct Endpoint {
    executor: Arc<dyn Executor>,
    guard: Guard,
}

impl Endpoint {
    pub fn new(executor: Arc<dyn Executor>, guard: Guard) -> Self {
        Self { executor, guard }
    }

    pub async fn respond(&self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let Some(format) = accept::negotiate(&parts.headers) else {
            let message = "Accept `application/graphql-response+json` or `application/json`.";
            let refused = Refusal::new(Code::BadRequest, message);
            return Answer::from(HttpRefusal::of(StatusCode::NOT_ACCEPTABLE, refused)).into_http(Format::Json);
        };
        let read = match parts.method {
            Method::GET => self.read_get(&parts),
            Method::POST => self.read_post(&parts, body).await,
            _ => {
                let refused = Refusal::new(Code::MethodNotAllowed, "Send a GET or a POST.");
                return Answer::from(refused).allowing("GET, POST").into_http(format);
            }
        };
        let mut asked = match read {
            Ok(asked) => asked,
            Err(refusal) => return Answer::from(refusal).into_http(format),
        };
        match self.executor.document(&asked, &parts).await {
            Ok(document) => {
                let answer = match self.run(&document, &mut asked, &parts).await {
                    Ok(answer) => answer,
                    Err(refused) => self.executor.reword(refused, (&document, &asked.variables), &parts).await.into(),
                };
                answer.into_response(format)
            }
            Err(refused) => Answer::from(refused).into_http(format),
        }
    }

    fn read_get(&self, parts: &Parts) -> Result<Asked, HttpRefusal> {
        origin::admit_get(&parts.headers)?;
        let asked = Asked::from_uri(&parts.uri, self.guard.limits().nesting)?;
        Ok(asked)
    }

    async fn read_post(&self, parts: &Parts, body: Body) -> Result<Asked, HttpRefusal> {
        body::must_be_json(&parts.headers)?;
        let limits = self.guard.limits();
        let bytes = body::read(&parts.headers, body, limits.body_bytes).await?;
        let asked = Asked::from_json(&bytes, limits.nesting)?;
        Ok(asked)
    }

    async fn run(&self, document: &str, asked: &mut Asked, parts: &Parts) -> Result<Answer, Refusal> {
        let admitted = self.guard.admit(document)?;
        let kind = admitted.operation(asked.operation_name.as_deref())?;
        if parts.method == Method::GET && kind != OperationType::Query {
            let refused =
                Refusal::new(Code::MethodNotAllowed, format!("Send this {kind} as a POST: a GET only reads."));
            return Ok(Answer::from(refused).allowing("POST"));
        }
        let (operation_name, extensions) = (asked.operation_name.clone(), std::mem::take(&mut asked.extensions));
        let variables = admitted.variables(operation_name.as_deref(), &asked.variables)?;
        self.guard.afford(&admitted, operation_name.as_deref(), &variables)?;
        let query = Arc::clone(admitted.text());
        let operation = Operation { query, operation_name, variables, extensions, admitted };
        Ok(self.executor.execute(operation, parts).await)
    }
}
