//! One question to the router, and a second attempt where the first got no answer.

use axum::body::Bytes;
use axum::http::StatusCode;
use reqwest::RequestBuilder;

/// Asks once more where that does no harm: a router that stops hangs up on connections that are kept here, and what goes
/// out on one of them at that moment is lost. Whether a change was made before that nobody knows, so of changes only those
/// are sent again that never left.
pub async fn exchange(request: RequestBuilder, only_reads: bool) -> reqwest::Result<(StatusCode, Bytes)> {
    let second = request.try_clone();
    match (attempt(request).await, second) {
        (Err(cause), Some(second)) if cause.is_connect() || (only_reads && !cause.is_timeout()) => {
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
