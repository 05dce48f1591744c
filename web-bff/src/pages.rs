//! The pages that come with the binary: the landing page and GraphiQL, and the way from a browser to them.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, VARY};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get};
use include_dir::{Dir, include_dir};
use kit::graphql::http::Endpoint;

use crate::csrf;
use crate::page::framed;
use crate::public_url::PublicUrl;

static ASSETS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/assets");

/// Monaco writes style elements and attributes; nothing else may be inline.
const GRAPHIQL_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' \
    data:; font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";
const AUTH_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src \
    'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const LANDING_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action \
    'none'; frame-ancestors 'none'";

/// What a page of a form needs besides. Its address holds a one-use token, which no other site is to hear of.
const AUTH_HEAD: &str = r#"    <meta name="referrer" content="no-referrer">
    <link rel="stylesheet" href="/auth/assets/auth.css">
    <script type="module" src="/auth/assets/auth.js"></script>"#;
const WITHOUT_SCRIPTS: &str = "<noscript><p>This page needs JavaScript to send the form.</p></noscript>";

const REVALIDATE: &str = "no-cache";
/// For files whose names change with their content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// GraphQL, and a way on to GraphiQL, where there is one, for people whose browser came here by hand.
pub fn graphql(endpoint: Endpoint, guest_header: &HeaderName, graphiql: bool) -> anyhow::Result<Router> {
    // All that an answer depends on. It holds what is somebody's own, so nobody keeps it, and there is nothing yet by which
    // a kept one could be asked after.
    let vary = format!("accept, accept-encoding, authorization, cookie, origin, {}, {guest_header}", csrf::HEADER);
    let vary = HeaderValue::from_str(&vary)?;
    let respond = move |request: Request| {
        let (endpoint, vary) = (endpoint.clone(), vary.clone());
        async move {
            let mut response = if graphiql && is_a_person(&request) {
                Redirect::to("/graphiql").into_response()
            } else {
                endpoint.respond(request).await
            };
            let headers = response.headers_mut();
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
            headers.insert(VARY, vary);
            response
        }
    };
    Ok(Router::new().route("/graphql", any(respond)))
}

fn is_a_person(request: &Request) -> bool {
    let accepts_pages = request
        .headers()
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|types| types.contains("text/html"));
    request.method() == Method::GET && request.uri().query().is_none() && accepts_pages
}

pub fn graphiql() -> Router {
    Router::new()
        .route("/graphiql", get(|| async { page("graphiql/index.html", GRAPHIQL_POLICY) }))
        .route("/graphiql/", get(|| async { Redirect::permanent("/graphiql") }))
        .route("/graphiql/LICENSES.txt", get(|| async { file("graphiql/LICENSES.txt", REVALIDATE) }))
        .route(
            "/graphiql/assets/{name}",
            get(|Path(name): Path<String>| async move { file(&format!("graphiql/assets/{name}"), FOR_EVER) }),
        )
}

/// A page that a link in a mail leads to. Its file holds its title, in a line of its own, and what stands below.
pub fn auth(name: &str) -> Response {
    let path = format!("auth/{name}.html");
    let mut response = page(&path, AUTH_POLICY);
    let file = ASSETS.get_file(&path).and_then(|file| file.contents_utf8());
    let parts = file.and_then(|file| file.strip_prefix("<title>")?.split_once("</title>\n"));
    if let Some((title, form)) = parts {
        *response.body_mut() = Body::from(framed(title, AUTH_HEAD, &format!("{form}{WITHOUT_SCRIPTS}")));
    }
    // Its address holds a one-use token.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What those pages need. A page among it is a page here too.
pub async fn auth_asset(Path(name): Path<String>) -> Response {
    match name.strip_suffix(".html") {
        Some(page) => auth(page),
        None => file(&format!("auth/{name}"), REVALIDATE),
    }
}

/// The way in. Where there is no GraphiQL, nothing leads there.
pub fn landing(graphiql: bool, public: &PublicUrl) -> Router {
    let whole = include_str!("../assets/landing/index.html");
    let text: Arc<str> = if graphiql { whole.into() } else { without_graphiql(whole).into() };
    let public = public.clone();
    let front = move |headers: HeaderMap| {
        let (text, origin) = (Arc::clone(&text), came_by(&headers, &public));
        async move {
            let mut response = page("landing/index.html", LANDING_POLICY);
            *response.body_mut() = Body::from(text.replace("{origin}", &origin));
            response
        }
    };
    Router::new()
        .route("/", get(front))
        .route("/landing.css", get(|| async { file("landing/landing.css", REVALIDATE) }))
        .route("/favicon.svg", get(|| async { file("landing/favicon.svg", REVALIDATE) }))
}

/// The shop's address as this visitor has it. Of its names the page says the one that is known to lead here.
fn came_by(headers: &HeaderMap, public: &PublicUrl) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    match host {
        Some(host) => format!("{}://{host}", public.scheme()).replace(['<', '>', '&', '"', '\''], ""),
        None => public.as_str().to_owned(),
    }
}

/// What stands between two marks goes.
fn without_graphiql(page: &str) -> String {
    const BEGINS: &str = "<!-- with GraphiQL -->";
    const ENDS: &str = "<!-- end -->";
    let mut kept = String::with_capacity(page.len());
    for part in page.split(ENDS) {
        kept.push_str(part.split_once(BEGINS).map_or(part, |(before, _)| before));
    }
    kept
}

fn page(path: &str, policy: &'static str) -> Response {
    let mut response = file(path, REVALIDATE);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}

/// An embedded file; where only a gzipped one is embedded, that, said to be so.
fn file(path: &str, caching: &'static str) -> Response {
    let plain = ASSETS.get_file(path).map(|file| (file, None));
    let zipped = || ASSETS.get_file(format!("{path}.gz")).map(|file| (file, Some("gzip")));
    let Some((file, encoding)) = plain.or_else(zipped) else {
        return (StatusCode::NOT_FOUND, "There is no such page.\n").into_response();
    };
    let mut response = Response::new(Body::from(file.contents()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    if let Some(encoding) = encoding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("ttf") => "font/ttf",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
