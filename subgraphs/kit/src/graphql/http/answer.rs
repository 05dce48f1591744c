use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use bytes::Bytes;

use super::accept::Format;

/// A GraphQL response, serialised. Its bytes are passed on as they are.
#[derive(Clone, Debug)]
pub struct Answer {
    /// As for `application/graphql-response+json`: 200 when the response has `data`, were it null.
    pub status: StatusCode,
    /// Headers beside the content type.
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// A response that has `data`.
    pub fn new(body: impl Into<Bytes>) -> Self {
        Self { status: StatusCode::OK, headers: HeaderMap::new(), body: body.into() }
    }

    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub fn with_headers(self, headers: HeaderMap) -> Self {
        Self { headers, ..self }
    }

    /// The answer to a well-formed request. Under `application/json`, where the status tells of HTTP alone, a document
    /// or variables that do not fit are a success of HTTP.
    pub(super) fn into_response(mut self, format: Format) -> Response<Body> {
        if format == Format::Json && self.status == StatusCode::BAD_REQUEST {
            self.status = StatusCode::OK;
        }
        self.into_http(format)
    }

    /// The answer to a request that did not get as far as a document.
    pub(super) fn into_http(self, format: Format) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        *headers = self.headers;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
        headers.append(VARY, HeaderValue::from_static("accept"));
        response
    }

    pub(super) fn allowing(mut self, methods: &'static str) -> Self {
        self.headers.insert(ALLOW, HeaderValue::from_static(methods));
        self
    }
}
