//! One question to the router, and a second attempt where the first got no answer.

use axum::body::Bytes;
use axum::http::StatusCode;
use kit::Refusal;
use kit::graphql::guard::Kind;
use kit::graphql::http::Operation;
use reqwest::RequestBuilder;

/// Whether an operation does nothing more when it is sent twice: it only reads, or each of its changes has a key by which
/// a repetition is known and answered as the first was.
pub fn is_repeatable(operation: &Operation) -> Result<bool, Refusal> {
    let name = operation.operation_name.as_deref();
    if operation.admitted.operation(name)? == Kind::Query {
        return Ok(true);
    }
    let changes = operation.admitted.roots(name)?;
    Ok(changes.iter().all(|change| change.is_given("input", "idempotencyKey", &operation.variables)))
}

/// Asks once more where that does no harm: a router that stops hangs up on connections that are kept here, and what goes
/// out on one of them at that moment is lost. Whether a change was made before that nobody knows, so of changes that cannot
/// be repeated only those are sent again that never left.
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
