//! How providers are asked. They are not ours: no redirect is followed, and nothing long is read.

use std::time::Duration;

use openidconnect::{HttpRequest, HttpResponse};
use reqwest::redirect::Policy;

use super::Distrust;

const WITHIN: Duration = Duration::from_secs(8);
const LONGEST: usize = 512 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    #[error("{0}")]
    Request(String),
    #[error("the answer is longer than {LONGEST} bytes")]
    TooLong,
}

pub fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().redirect(Policy::none()).timeout(WITHIN).build()
}

/// Sends a request of the OAuth crates.
pub async fn exchange(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, Unanswered> {
    let request = reqwest::Request::try_from(request).map_err(said)?;
    let mut answer = client.execute(request).await.map_err(said)?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(said)? {
        if body.len().saturating_add(chunk.len()) > LONGEST {
            return Err(Unanswered::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    let mut response = HttpResponse::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// An address may hold a code or a token, so it is not told.
fn said(cause: reqwest::Error) -> Unanswered {
    Unanswered::Request(cause.without_url().to_string())
}

impl From<Unanswered> for Distrust {
    fn from(cause: Unanswered) -> Self {
        Self::Away(cause.to_string())
    }
}
