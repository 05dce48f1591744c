//! What a browser shows when the way through a provider led nowhere.

use axum::http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};

use super::error::AuthError;
use crate::page;

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";
const CONTENT: &str = include_str!("failed.html");

/// The error as a page for people, or as JSON for whoever asks for that.
pub fn shown(error: AuthError, headers: &HeaderMap) -> Response {
    let accepts = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if !accepts.contains("text/html") {
        return error.into_response();
    }
    // A code has no braces, and a message is put in last.
    let content = CONTENT.replace("{code}", &escaped(&error.code)).replace("{message}", &escaped(&error.message));
    let page = page::framed("You are not signed in", "", &content);
    let mut response = (error.status, page).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
