use std::time::Duration;

use async_graphql::{ObjectType, Request, Response, Schema, SubscriptionType, Value};
use async_trait::async_trait;
use axum::http::StatusCode;
use axum::http::request::Parts;
use futures::future::BoxFuture;

use super::absent::{self, Asked};
use super::answer::Answer;
use super::executor::{Executor, Operation};
use super::uncoded;
use crate::graphql::variables::{WrittenOut, taken_out, written_out};
use crate::{Code, Refusal, cancellation};

/// How many errors of one refused request are told. Each unknown field is an error of its own.
const ERRORS_TOLD: usize = 20;

/// Runs operations on an async-graphql schema.
pub struct SchemaExecutor<Q, M, S, P> {
    schema: Schema<Q, M, S>,
    prepare: P,
    /// How long an operation may take; None for as long as it is waited for.
    timeout: Option<Duration>,
}

impl<Q, M, S, P> SchemaExecutor<Q, M, S, P>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
    P: for<'a> Fn(Request, &'a Parts) -> BoxFuture<'a, Result<Request, Refusal>> + Send + Sync + 'static,
{
    /// `prepare` finds out who is asking, and gives the request what its resolvers need.
    pub fn new(schema: Schema<Q, M, S>, prepare: P) -> Self {
        Self { schema, prepare, timeout: None }
    }

    /// Gives an operation up that takes longer.
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    async fn run(&self, operation: Operation, parts: &Parts) -> Answer {
        let Operation { query, operation_name, variables, admitted, .. } = operation;
        let types = admitted.types();
        // The library sees no variable: their values stand in their places.
        let WrittenOut { document, kept } =
            written_out(admitted.document(), operation_name.as_deref(), &variables, types);
        let mut request = Request::new(&*query);
        request.operation_name = operation_name.clone();
        request.set_parsed_query(document);
        match (self.prepare)(request, parts).await {
            Ok(request) => {
                let mut response = self.schema.execute(request).await;
                if kept {
                    taken_out(&mut response.data);
                }
                if let Ok(operation) = admitted.definition(operation_name.as_deref()) {
                    absent::fill(&mut response, Asked { document: admitted.document(), operation, types });
                }
                answer_of(response)
            }
            Err(refused) => refused.into(),
        }
    }
}

#[async_trait]
impl<Q, M, S, P> Executor for SchemaExecutor<Q, M, S, P>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
    P: for<'a> Fn(Request, &'a Parts) -> BoxFuture<'a, Result<Request, Refusal>> + Send + Sync + 'static,
{
    async fn execute(&self, operation: Operation, parts: &Parts) -> Answer {
        let running = cancellation::for_request(self.run(operation, parts));
        let Some(timeout) = self.timeout else { return running.await };
        tokio::time::timeout(timeout, running).await.unwrap_or_else(|_elapsed| {
            tracing::warn!(?timeout, "an operation took too long and was given up");
            out_of_time()
        })
    }
}

/// Some of it was run, so there is `data`, were it null.
fn out_of_time() -> Answer {
    let message = "This takes too long now and was given up. Ask for less, or try again shortly.";
    let error = serde_json::json!({ "message": message, "extensions": { "code": Code::Unavailable } });
    Answer::new(serde_json::json!({ "data": null, "errors": [error] }).to_string())
}

fn answer_of(mut response: Response) -> Answer {
    uncoded::give_codes(&mut response.errors);
    // An error without a path stands for the whole request: nothing was run, so there is no `data`, not even null.
    let refused = !response.errors.is_empty() && response.errors.iter().all(|error| error.path.is_empty());
    let (status, body) = if refused && response.data == Value::Null {
        response.errors.truncate(ERRORS_TOLD);
        (StatusCode::BAD_REQUEST, serde_json::to_vec(&serde_json::json!({ "errors": response.errors })))
    } else {
        (StatusCode::OK, serde_json::to_vec(&response))
    };
    let body = body.expect("a response has string keys and plain values");
    Answer::new(body).with_status(status).with_headers(response.http_headers)
}
