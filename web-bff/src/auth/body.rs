//! The JSON that a page sends to `/auth`.

use axum::body::{Body, to_bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use kit::server::BodyTimedOut;
use kit::{Code, Refusal};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::AuthError;

/// The longest address, password and device are far shorter together.
const LONGEST: usize = 16 * 1024;

pub async fn read<T: DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, AuthError> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let message = "Send the body as `application/json`.";
        return Err(AuthError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::BadRequest.as_str(), message));
    }
    let bytes = to_bytes(body, LONGEST).await.map_err(|cut_off| match BodyTimedOut::among(&cut_off) {
        Some(late) => AuthError::new(StatusCode::REQUEST_TIMEOUT, Code::BadRequest.as_str(), late.to_string()),
        None => Refusal::new(Code::TooLarge, format!("The body is longer than {LONGEST} bytes.")).into(),
    })?;
    let object = match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => Value::Object(object),
        Ok(_) => return Err(Refusal::new(Code::BadUserInput, "The body must be a JSON object.").into()),
        Err(cause) => return Err(malformed(&cause)),
    };
    serde_path_to_error::deserialize(object).map_err(|misfit| denied(&misfit))
}

/// Which field of the body does not fit, and what it takes. What was sent is not repeated: it may be a password.
fn denied(misfit: &serde_path_to_error::Error<serde_json::Error>) -> AuthError {
    let said = misfit.inner().to_string();
    let mut path: Vec<String> = misfit.path().iter().map(ToString::to_string).collect();
    let message = match said.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        Some(field) => {
            path.push(field.to_owned());
            format!("The body lacks the field `{}`. Send it along.", path.join("."))
        }
        None => {
            let expected = said.rsplit_once(", expected ").map_or("another value", |(_, expected)| expected);
            format!("The field `{}` of the body does not fit: it must be {expected}.", path.join("."))
        }
    };
    AuthError::from(Refusal::new(Code::BadUserInput, message)).at(path)
}

fn malformed(cause: &serde_json::Error) -> AuthError {
    let (line, column) = (cause.line(), cause.column());
    let message = match cause.is_eof() {
        true => "The body is no whole JSON: it breaks off. Send all of it.".to_owned(),
        false => format!("The body is no JSON: it does not parse at line {line}, column {column}."),
    };
    Refusal::new(Code::BadRequest, message).into()
}
