use std::sync::Arc;

use async_trait::async_trait;
use axum::http::request::Parts;
use serde_json::{Map, Value};

use super::answer::Answer;
use super::asked::Asked;
use crate::graphql::guard::Admitted;
use crate::{Code, Refusal};

/// An operation that fits the limits and whose variables fit their types, to be run.
#[derive(Clone, Debug)]
pub struct Operation {
    pub query: Arc<str>,
    pub operation_name: Option<String>,
    /// What the operation declares and has a value for, defaults among it.
    pub variables: Map<String, Value>,
    pub extensions: Map<String, Value>,
    pub admitted: Arc<Admitted>,
}

/// What stands behind an endpoint: a schema of its own, or another server.
#[async_trait]
pub trait Executor: Send + Sync + 'static {
    /// The document that a request means, before it is judged. Here a server may look up those it holds, or refuse any
    /// other.
    async fn document(&self, asked: &Asked, _request: &Parts) -> Result<Arc<str>, Refusal> {
        match &asked.query {
            Some(query) => Ok(query.as_str().into()),
            None => Err(Refusal::new(Code::BadRequest, "Send the document in `query`.")),
        }
    }

    /// What whoever asks may read of why their document, or its variables, were refused before they were run.
    async fn reword(
        &self,
        refused: Refusal,
        (_document, _variables): (&str, &Map<String, Value>),
        _request: &Parts,
    ) -> Refusal {
        refused
    }

    async fn execute(&self, operation: Operation, request: &Parts) -> Answer;
}
