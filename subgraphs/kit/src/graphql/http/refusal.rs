//! Saying no, in GraphQL's own shape and with the right status.

use async_graphql::Pos;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use serde_json::{Map, Value};

use super::answer::Answer;
use crate::{Code, Refusal};

/// A refusal on its way out. Most statuses follow from the code; some are known only to HTTP.
#[derive(Debug)]
pub struct HttpRefusal {
    pub status: StatusCode,
    pub refusal: Refusal,
}

impl HttpRefusal {
    pub fn of(status: StatusCode, refused: Refusal) -> Self {
        Self { status, refusal: refused }
    }
}

impl From<Refusal> for HttpRefusal {
    fn from(refused: Refusal) -> Self {
        Self { status: status(refused.code), refusal: refused }
    }
}

impl From<HttpRefusal> for Answer {
    fn from(refusal: HttpRefusal) -> Self {
        let HttpRefusal { status, refusal: mut refused } = refusal;
        let others = std::mem::take(&mut refused.others);
        let errors: Vec<_> = std::iter::once(refused).chain(others).map(error).collect();
        let body = serde_json::json!({ "errors": errors });
        let mut answer = Answer::new(body.to_string()).with_status(status);
        if status == StatusCode::UNAUTHORIZED {
            answer.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        answer
    }
}

impl From<Refusal> for Answer {
    fn from(refused: Refusal) -> Self {
        HttpRefusal::from(refused).into()
    }
}

fn error(refused: Refusal) -> Value {
    let mut extensions = Map::from_iter([("code".to_owned(), refused.code.as_str().into())]);
    extensions.extend(refused.extensions.into_iter().flat_map(|more| *more));
    let mut error = serde_json::json!({ "message": refused.message, "extensions": extensions });
    if let Some(Pos { line, column }) = refused.location {
        error["locations"] = serde_json::json!([{ "line": line, "column": column }]);
    }
    error
}

/// The status of a response that is refused as a whole.
pub fn status(code: Code) -> StatusCode {
    match code {
        Code::BadRequest
        | Code::GraphqlParseFailed
        | Code::GraphqlValidationFailed
        | Code::BadUserInput
        | Code::BadCursor
        | Code::TooComplex => StatusCode::BAD_REQUEST,
        Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::CsrfSuspected | Code::Forbidden | Code::IntrospectionDisabled | Code::StepUpRequired => {
            StatusCode::FORBIDDEN
        }
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::Conflict => StatusCode::CONFLICT,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
