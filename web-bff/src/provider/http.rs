//! HTTP requests to providers. They are not trusted: redirects are not followed, and long answers not read.

use std::time::Duration;

use kit::loopback::is_private;
use openidconnect::{HttpRequest, HttpResponse};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;

use super::ProviderError;

const WITHIN: Duration = Duration::from_secs(8);
const LONGEST: usize = 512 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("{0}")]
    Request(String),
    #[error("the answer is longer than {LONGEST} bytes")]
    TooLong,
    #[error("one of its addresses is neither https:// nor on this machine")]
    InTheOpen,
}

pub fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().redirect(Policy::none()).timeout(WITHIN).build()
}

/// Sends a request of the OAuth crates.
pub async fn exchange(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, FetchError> {
    let request = reqwest::Request::try_from(request).map_err(said)?;
    let (status, headers, body) = send(&client, request).await?;
    let mut response = HttpResponse::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// Sends a request that others could not read on its way, and takes an answer that is not too long.
pub async fn send(
    client: &reqwest::Client,
    request: reqwest::Request,
) -> Result<(StatusCode, HeaderMap, Vec<u8>), FetchError> {
    // A provider says itself where its endpoints are.
    if !is_private(request.url()) {
        return Err(FetchError::InTheOpen);
    }
    let mut answer = client.execute(request).await.map_err(said)?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(said)? {
        if body.len().saturating_add(chunk.len()) > LONGEST {
            return Err(FetchError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, headers, body))
}

/// Where a provider is, as it is configured. On a way that others read, everybody is everybody.
pub fn ensure_private(provider: &str, issuer: &str) -> anyhow::Result<()> {
    let url = reqwest::Url::parse(issuer);
    let url = url.map_err(|cause| anyhow::anyhow!("the `issuer` of the provider `{provider}` is no URL: {cause}"))?;
    anyhow::ensure!(
        is_private(&url),
        "the `issuer` of the provider `{provider}` is neither https:// nor on this machine: whoever is on the way there \
         could sign in as anybody"
    );
    Ok(())
}

/// An address may hold a code or a token, so it is not told.
fn said(cause: reqwest::Error) -> FetchError {
    FetchError::Request(cause.without_url().to_string())
}

impl From<FetchError> for ProviderError {
    fn from(cause: FetchError) -> Self {
        Self::Away(cause.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_asked_where_nobody_on_the_way_reads_along() {
        for good in ["https://accounts.example", "http://127.0.0.1:4001", "http://localhost/oidc"] {
            assert!(ensure_private("one", good).is_ok(), "{good}");
        }
        for (bad, said) in
            [("http://accounts.example", "neither https://"), ("accounts.example", "no URL"), ("", "no URL")]
        {
            let refused = ensure_private("one", bad).expect_err(bad).to_string();
            assert!(refused.contains(said) && refused.contains("`one`"), "{refused}");
        }
    }

    #[tokio::test]
    async fn an_endpoint_that_a_provider_names_in_the_open_is_told_nothing() {
        let request =
            reqwest::Request::new(reqwest::Method::POST, "http://accounts.example/token".parse().expect("a URL"));
        let answer = send(&client().expect("a client"), request).await;
        assert!(matches!(answer, Err(FetchError::InTheOpen)));
    }
}
