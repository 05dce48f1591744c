//! What can go wrong, told apart by who may hear of it.
//!
//! An *outcome* is data and lives in a mutation's payload. A [`Refusal`] tells the caller what to do and carries a
//! closed [`Code`]. Everything else is a fault: the caller gets one sentence and a trace id, the log gets the chain.

use std::fmt;
use std::sync::Arc;

use async_graphql::{Context, Error, ErrorExtensionValues, ErrorExtensions, Pos};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::db::{cannot_hold, cannot_serve};

/// Why a request was refused, as `extensions.code` says it. Closed: clients may match on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// The HTTP request is not a well-formed GraphQL request.
    BadRequest,
    /// The document does not parse.
    GraphqlParseFailed,
    /// The document does not fit the schema.
    GraphqlValidationFailed,
    /// Variables or arguments do not fit their types.
    BadUserInput,
    /// A cursor was not issued by this list.
    BadCursor,
    /// The document asks for more than one request may.
    TooComplex,
    /// The body or the document is longer than one request may be.
    TooLarge,
    /// A mutation came where only queries may.
    MethodNotAllowed,
    /// The request could have been sent by another site's form.
    CsrfSuspected,
    /// No acceptable proof of who is asking.
    Unauthenticated,
    /// Known, and not allowed.
    Forbidden,
    /// Known and allowed, once they show again that it is them: `userStepUp`, or `POST /auth/step-up` with a cookie.
    StepUpRequired,
    /// The operation asks for the schema, which strangers may not read here.
    IntrospectionDisabled,
    /// Somebody else changed the same thing first: read again and retry.
    Conflict,
    /// A part of the service is not reachable now: retry later.
    Unavailable,
    /// Our fault. The log has the cause under the trace id.
    Internal,
}

impl Code {
    pub const ALL: [Self; 16] = [
        Self::BadRequest,
        Self::GraphqlParseFailed,
        Self::GraphqlValidationFailed,
        Self::BadUserInput,
        Self::BadCursor,
        Self::TooComplex,
        Self::TooLarge,
        Self::MethodNotAllowed,
        Self::CsrfSuspected,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::StepUpRequired,
        Self::IntrospectionDisabled,
        Self::Conflict,
        Self::Unavailable,
        Self::Internal,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "BAD_REQUEST",
            Self::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::BadCursor => "BAD_CURSOR",
            Self::TooComplex => "TOO_COMPLEX",
            Self::TooLarge => "TOO_LARGE",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::CsrfSuspected => "CSRF_SUSPECTED",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::StepUpRequired => "STEP_UP_REQUIRED",
            Self::IntrospectionDisabled => "INTROSPECTION_DISABLED",
            Self::Conflict => "CONFLICT",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }
}

/// A request we will not carry out, in words meant for the caller. Not a `std::error::Error`, so that nothing turns
/// into one by accident: its message is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: Code,
    pub message: String,
    /// The place in the document, where it is one.
    pub location: Option<Pos>,
    /// Where in the message the names of a schema begin that would fit: whoever may not read the schema is told what is
    /// before.
    pub suggestion_at: Option<usize>,
    /// What stands beside the code in `extensions`, for programs; mostly nothing.
    pub extensions: Option<Box<Map<String, Value>>>,
    /// What else is wrong with the same request; mostly nothing.
    pub others: Vec<Refusal>,
}

impl Refusal {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let message = sentence(message.into());
        Self { code, message, location: None, suggestion_at: None, extensions: None, others: Vec::new() }
    }

    /// At this place of the document, unless the place is known more exactly.
    pub fn at(mut self, place: Pos) -> Self {
        self.location.get_or_insert(place);
        self
    }

    /// Says at the end which names of the schema would fit.
    pub fn suggesting(mut self, suggestion: &str) -> Self {
        self.suggestion_at = Some(self.message.len());
        self.message.push_str(suggestion);
        self
    }

    /// The message for whoever may not read the schema.
    pub fn without_suggestion(&self) -> &str {
        self.suggestion_at.and_then(|at| self.message.get(..at)).unwrap_or(&self.message)
    }

    /// Says something more in `extensions`.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extensions.get_or_insert_default().insert(name.to_owned(), value.into());
        self
    }

    pub fn unauthenticated() -> Self {
        Self::new(
            Code::Unauthenticated,
            "Sign in first: a page with POST /auth/login, an app with an `authorization: Bearer …` header.",
        )
    }
}

/// What people read begins with a capital and ends with a full stop. A word that is spelt in its own way stays so.
fn sentence(mut message: String) -> String {
    let first = message.split(' ').next().unwrap_or_default();
    if first.bytes().all(|letter| letter.is_ascii_lowercase()) && !first.is_empty() {
        message[..1].make_ascii_uppercase();
    }
    if !message.ends_with(['.', '!', '?', '…']) {
        message.push('.');
    }
    message
}

/// Somebody whom we need does not answer now, and may later: whatever waits for it goes on waiting.
#[derive(Debug)]
pub struct Transient(anyhow::Error);

impl Transient {
    pub fn new(cause: impl Into<anyhow::Error>) -> Self {
        Self(cause.into())
    }
}

impl fmt::Display for Transient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl std::error::Error for Transient {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// How a resolver fails: refused, or broken.
#[derive(Clone, Debug)]
pub enum Failure {
    Refusal(Refusal),
    Fault(Arc<anyhow::Error>),
}

pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    pub fn fault(cause: impl Into<anyhow::Error>) -> Self {
        Self::Fault(Arc::new(cause.into()))
    }

    /// Whether the same may well work later: a database, a part of the service or somebody else's is full or away.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Refusal(refused) => refused.code == Code::Unavailable,
            Self::Fault(cause) => passes(cause),
        }
    }

    /// The cause with its chain, for logs and for callers that are not clients.
    pub fn into_anyhow(self) -> anyhow::Error {
        match self {
            Self::Refusal(refused) => anyhow::anyhow!("{}: {}", refused.code.as_str(), refused.message),
            Self::Fault(cause) => anyhow::anyhow!("{cause:#}"),
        }
    }
}

fn passes(cause: &anyhow::Error) -> bool {
    cannot_serve(cause) || cause.chain().any(|cause| cause.is::<Transient>())
}

impl From<Refusal> for Failure {
    fn from(refused: Refusal) -> Self {
        Self::Refusal(refused)
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Failure {
    fn from(cause: E) -> Self {
        Self::fault(anyhow::Error::new(cause))
    }
}

impl From<Refusal> for Error {
    fn from(refused: Refusal) -> Self {
        Error::new(refused.message).extend_with(|_, extensions: &mut ErrorExtensionValues| {
            extensions.set("code", refused.code.as_str());
            for (name, value) in refused.extensions.into_iter().flat_map(|more| *more) {
                extensions.set(name, async_graphql::Value::from_json(value).unwrap_or_default());
            }
        })
    }
}

/// The one place where a fault meets a client, and so the one place that logs it.
impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refusal(refused) => refused.into(),
            Failure::Fault(cause) if cannot_hold(&cause) => {
                tracing::warn!(cause = format!("{cause:#}"), "a text that the database cannot hold");
                Refusal::new(Code::BadUserInput, "A text holds a character that cannot be kept. Take it out.").into()
            }
            Failure::Fault(cause) => {
                let trace_id = Uuid::now_v7();
                tracing::error!(%trace_id, cause = format!("{cause:#}"), "fault {trace_id}");
                let (code, message) = if passes(&cause) {
                    (Code::Unavailable, "This cannot be done now. Nothing was changed: try again shortly.")
                } else {
                    (Code::Internal, "Something broke on our side. The trace id finds it in our log.")
                };
                Error::new(message).extend_with(|_, extensions| {
                    extensions.set("code", code.as_str());
                    extensions.set("traceId", trace_id.to_string());
                })
            }
        }
    }
}

/// What a nullable field or an entity resolver answers: null, with the failure reported beside it. An `Err` of one
/// entity would null every entity of the request, and an `Err` of a field leaves its key out of the answer.
pub fn or_null<T>(ctx: &Context<'_>, found: Result<Option<T>>) -> Option<T> {
    found.unwrap_or_else(|failure| {
        let reported = Error::from(failure).into_server_error(ctx.item.pos);
        ctx.add_error(ctx.set_error_path(reported));
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_never_shows_its_cause() {
        let failure = Failure::from(std::io::Error::other("password=hunter2"));
        let shown = Error::from(failure);
        assert!(!format!("{shown:?}").contains("hunter2"));
        assert!(format!("{shown:?}").contains("traceId"));
    }

    #[test]
    fn whatever_is_refused_is_told_in_a_sentence() {
        for (said, told) in [
            ("no such cursor", "No such cursor."),
            ("Send a POST.", "Send a POST."),
            ("`first` is 0: ask for more", "`first` is 0: ask for more."),
            ("iOS asks again", "iOS asks again."),
        ] {
            assert_eq!(Refusal::new(Code::BadRequest, said).message, told);
        }
    }

    #[test]
    fn a_refusal_carries_its_code() {
        let shown = Error::from(Refusal::new(Code::BadCursor, "no such cursor"));
        let extensions = shown.extensions.expect("refusals are extended");
        assert_eq!(extensions.get("code"), Some(&async_graphql::Value::from("BAD_CURSOR")));
    }
}
