//! Pages of known origins may read what the edge answers them. Any other page gets no word of CORS, and so nothing.

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{
    ACCEPT, ACCEPT_LANGUAGE, ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, CONTENT_TYPE, ORIGIN, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use axum::http::{HeaderName, Method, StatusCode};
use axum::response::Response;
use kit::graphql::http::Answer;
use tower::ServiceExt;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::origins::Origins;
use crate::{csrf, refusal};

/// The longest that browsers remember an answer.
const REMEMBERED: Duration = Duration::from_secs(7_200);

/// What clients of GraphQL send beside what a page may always send.
const SENT: [HeaderName; 10] = [
    HeaderName::from_static("apollo-require-preflight"),
    HeaderName::from_static("apollographql-client-name"),
    HeaderName::from_static("apollographql-client-version"),
    HeaderName::from_static("baggage"),
    HeaderName::from_static("sentry-trace"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    HeaderName::from_static("x-apollo-operation-id"),
    HeaderName::from_static("x-apollo-operation-name"),
    HeaderName::from_static("x-request-id"),
];

/// `app`, open to pages of `origins`.
pub fn open(app: Router, origins: Origins, guest_header: HeaderName) -> Router {
    let open = app.clone().layer(layer(guest_header));
    Router::new().fallback(move |request: Request| {
        let (app, open, origins) = (app.clone(), open.clone(), origins.clone());
        async move { respond(app, open, &origins, request).await }
    })
}

fn layer(guest_header: HeaderName) -> CorsLayer {
    let known = [ACCEPT, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, csrf::HEADER, guest_header];
    CorsLayer::new()
        // Only requests of known origins get here.
        .allow_origin(AllowOrigin::mirror_request())
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(known.into_iter().chain(SENT).collect::<Vec<_>>())
        .expose_headers([RETRY_AFTER, WWW_AUTHENTICATE, HeaderName::from_static("x-request-id")])
        .max_age(REMEMBERED)
}

async fn respond(app: Router, open: Router, origins: &Origins, request: Request) -> Response {
    let headers = request.headers();
    let asks_first = request.method() == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let origin = headers.get(ORIGIN).filter(|_| is_shared(request.uri().path()));
    let known = origin.map(|origin| origins.hold(origin, headers));
    let answered = match known {
        Some(true) => open.oneshot(request).await.map(|mut response| {
            if asks_first {
                *response.status_mut() = StatusCode::NO_CONTENT;
            }
            response
        }),
        // The page cannot read it. Who writes the page finds it in the browser's tools.
        Some(false) if asks_first => Ok(refusal::json(Answer::from(csrf::unknown(headers)))),
        _ => app.oneshot(request).await,
    };
    answered.unwrap_or_else(|never| match never {})
}

/// What pages elsewhere have to do with. Somebody's export is for their own machine, and a demo's accounts and mails are
/// for its own pages.
fn is_shared(path: &str) -> bool {
    let kept = ["/auth/export/", "/auth/assets/"];
    path == "/graphql" || (path.starts_with("/auth/") && !kept.iter().any(|kept| path.starts_with(kept)))
}
