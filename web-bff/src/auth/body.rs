//! The JSON that a page sends to `/auth`.

use axum::body::{Body, to_bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use kit::server::BodyTimedOut;
use kit::{Code, Refused};
use serde::de::DeserializeOwned;

use super::denial::Denial;

/// The longest address, password and device are far shorter together.
const LONGEST: usize = 16 * 1024;

pub async fn read<T: DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, Denial> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let message = "Send the body as `application/json`.";
        return Err(Denial::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::BadRequest.as_str(), message));
    }
    let bytes = to_bytes(body, LONGEST).await.map_err(|cut_off| match BodyTimedOut::among(&cut_off) {
        Some(late) => Denial::new(StatusCode::REQUEST_TIMEOUT, Code::BadRequest.as_str(), late.to_string()),
        None => Refused::new(Code::TooLarge, format!("The body is longer than {LONGEST} bytes.")).into(),
    })?;
    // What was sent is not repeated: it may be a password.
    serde_json::from_slice(&bytes)
        .map_err(|_misfit| Refused::new(Code::BadRequest, "The body is not the JSON object that this takes.").into())
}
