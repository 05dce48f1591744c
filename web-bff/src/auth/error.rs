//! The errors of `/auth`, in the shape of GraphQL errors.

use axum::Json;
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use kit::{Code, Failure, Refusal};
use serde_json::json;

use crate::failures;
use crate::session::{SESSION, clearing};
use crate::users::UserError;

#[derive(Debug)]
struct Ticket {
    token: String,
    expires_at: Option<DateTime<Utc>>,
}

#[derive(Debug)]
pub struct AuthError {
    pub status: StatusCode,
    pub code: String,
    pub message: String,
    path: Vec<String>,
    retry_after_seconds: Option<u64>,
    /// What to send with the code of a second factor, and until when.
    ticket: Option<Box<Ticket>>,
    forget: bool,
}

impl AuthError {
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let (code, message) = (code.to_owned(), message.into());
        Self { status, code, message, path: Vec::new(), retry_after_seconds: None, ticket: None, forget: false }
    }

    /// The session behind the cookie is over.
    pub fn ended() -> Self {
        Self { forget: true, ..Self::from(crate::authentication::ended()) }
    }

    /// There is no session, and no cookie of one.
    pub fn nobody() -> Self {
        let message = "Nobody is signed in here. Sign in with POST /auth/login first.";
        Refusal::new(Code::Unauthenticated, message).into()
    }

    /// Where in the body something does not fit.
    pub fn at(self, path: impl IntoIterator<Item = String>) -> Self {
        Self { path: path.into_iter().collect(), ..self }
    }

    pub fn is_of_an_ended_session(&self) -> bool {
        self.forget
    }
}

impl From<Refusal> for AuthError {
    fn from(refused: Refusal) -> Self {
        Self::new(kit::graphql::http::status(refused.code), refused.code.as_str(), refused.message)
    }
}

impl From<Failure> for AuthError {
    fn from(failure: Failure) -> Self {
        failures::to_refusal(failure).into()
    }
}

impl From<UserError> for AuthError {
    fn from(user_error: UserError) -> Self {
        let status = match user_error.code.as_str() {
            "INVALID_CREDENTIALS" | "INVALID_CODE" | "SECOND_FACTOR_REQUIRED" | "SESSION_ENDED" | "SIGN_IN_AGAIN" => {
                StatusCode::UNAUTHORIZED
            }
            "EMAIL_NOT_VERIFIED" => StatusCode::FORBIDDEN,
            "TOO_MANY_ATTEMPTS" => StatusCode::TOO_MANY_REQUESTS,
            "UNAVAILABLE" => StatusCode::SERVICE_UNAVAILABLE,
            "ALREADY_EXISTS" | "IDENTITY_NOT_LINKED" | "IDENTITY_WITHOUT_EMAIL" => StatusCode::CONFLICT,
            _ => StatusCode::BAD_REQUEST,
        };
        let UserError { code, message, path, retry_after_seconds, ticket, expires_at } = user_error;
        let ticket = ticket.map(|token| Box::new(Ticket { token, expires_at }));
        // What the subgraph calls its input is the body here.
        Self { path, retry_after_seconds, ticket, ..Self::new(status, &code, message) }
    }
}

impl IntoResponse for AuthError {
    fn into_response(self) -> Response {
        let mut error = json!({ "message": self.message, "extensions": { "code": self.code } });
        if !self.path.is_empty() {
            error["path"] = json!(self.path);
        }
        if let Some(seconds) = self.retry_after_seconds {
            error["extensions"]["retryAfterSeconds"] = json!(seconds);
        }
        if let Some(ticket) = &self.ticket {
            error["extensions"]["ticket"] = json!(ticket.token);
            error["extensions"]["expiresAt"] = json!(ticket.expires_at);
        }
        let mut response = (self.status, Json(json!({ "errors": [error] }))).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.forget {
            headers.append(SET_COOKIE, clearing(SESSION));
        }
        response
    }
}
