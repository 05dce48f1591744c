//! `/dev/mail`: a proxy to the mail catcher, in a demo.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Headers of the catcher that are passed on.
const PASSED_ON: [HeaderName; 4] = [CONTENT_TYPE, CONTENT_SECURITY_POLICY, CACHE_CONTROL, REFERRER_POLICY];

#[derive(Clone)]
struct MailCatcher {
    client: reqwest::Client,
    url: String,
}

/// The catcher's pages; none where there is no catcher, or this is no demo: links in mails open accounts.
pub fn routes(client: reqwest::Client, demo: bool, mail_url: &str) -> Router {
    if !demo || mail_url.is_empty() {
        return Router::new();
    }
    let catcher = MailCatcher { client, url: mail_url.trim_end_matches('/').to_owned() };
    Router::new().route("/dev/mail", get(proxy)).route("/dev/mail/{*rest}", get(proxy)).with_state(catcher)
}

async fn proxy(State(catcher): State<MailCatcher>, request: Request) -> Response {
    let path = request.uri().path_and_query().map_or("/dev/mail", |path| path.as_str());
    let fetched = async {
        let answer = catcher.client.get(format!("{}{path}", catcher.url)).send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        Ok::<_, reqwest::Error>((status, headers, answer.bytes().await?))
    };
    match fetched.await {
        Ok((status, headers, body)) => {
            let mut response = Response::new(Body::from(body));
            *response.status_mut() = status;
            for name in PASSED_ON {
                if let Some(value) = headers.get(&name) {
                    response.headers_mut().insert(name, value.clone());
                }
            }
            response
        }
        Err(cause) => {
            let cause = cause.without_url();
            tracing::error!(%cause, "the mail catcher cannot be reached");
            (StatusCode::SERVICE_UNAVAILABLE, "The mail catcher cannot be reached.\n").into_response()
        }
    }
}
