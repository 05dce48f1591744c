//! One request to the router, and a second attempt if the first got no answer.

use axum::body::Bytes;
use axum::http::StatusCode;
use kit::Refusal;
use kit::graphql::guard::Kind;
use kit::graphql::http::Operation;
use reqwest::RequestBuilder;

/// Whether an operation may be sent twice: it is a query, or each of its root fields has an idempotency key.
pub fn is_repeatable(operation: &Operation) -> Result<bool, Refusal> {
    let name = operation.operation_name.as_deref();
    if operation.admitted.operation(name)? == Kind::Query {
        return Ok(true);
    }
    let changes = operation.admitted.roots(name)?;
    Ok(changes.iter().all(|change| change.is_given("input", "idempotencyKey", &operation.variables)))
}

/// Sends a request again where that does no harm. A router that stops closes idle connections, and a request that is sent on
/// one at that moment is lost. It is unknown whether a mutation was executed before, so a mutation without idempotency keys is
/// sent again only if it never left the edge.
pub async fn exchange(request: RequestBuilder, repeatable: bool) -> reqwest::Result<(StatusCode, Bytes)> {
    let second = request.try_clone();
    match (attempt(request).await, second) {
        (Err(cause), Some(second)) if cause.is_connect() || (repeatable && !cause.is_timeout()) => {
            tracing::info!(%cause, "the router hung up; it is asked once more");
            attempt(second).await
        }
        (outcome, _) => outcome,
    }
}

async fn attempt(request: RequestBuilder) -> reqwest::Result<(StatusCode, Bytes)> {
    let answer = request.send().await?;
    let status = answer.status();
    Ok((status, answer.bytes().await?))
}
