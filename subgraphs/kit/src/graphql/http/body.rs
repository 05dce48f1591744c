//! Reads a request's body, and no more of it than may be.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use futures::StreamExt;

use super::media::Media;
use super::refusal::HttpRefusal;
use crate::server::BodyTimedOut;
use crate::{Code, Refusal};

/// How long, and for how many bytes, the rest of an over-long body is thrown away. A client that is still sending when
/// the connection closes would see a broken pipe in place of the answer.
const LINGER: Duration = Duration::from_secs(5);
const LINGER_BYTES: usize = 32 << 20;

/// The body must be UTF-8 JSON as it stands: what is compressed could be a thousand times its size.
pub fn must_be_json(headers: &HeaderMap) -> Result<(), HttpRefusal> {
    let refuse = |message: &str| {
        Err(HttpRefusal::of(StatusCode::UNSUPPORTED_MEDIA_TYPE, Refusal::new(Code::BadRequest, message)))
    };
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return refuse("Send the body without a `content-encoding`.");
    }
    match headers.get(CONTENT_TYPE).map(|header| header.to_str().ok().and_then(Media::parse)) {
        None => refuse("Send `content-type: application/json` with the body."),
        Some(Some(media)) if media.is("application", "json") && media.is_utf8() => Ok(()),
        Some(_) => refuse("Send the body as `application/json` in UTF-8; other content types are not taken."),
    }
}

pub async fn read(headers: &HeaderMap, body: Body, most: usize) -> Result<Vec<u8>, HttpRefusal> {
    let mut chunks = body.into_data_stream();
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|announced| announced > most) {
        return Err(too_long(chunks, most));
    }
    let mut read = Vec::with_capacity(announced.unwrap_or_default());
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|cause| broken_off(&cause))?;
        if read.len().saturating_add(chunk.len()) > most {
            return Err(too_long(chunks, most));
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read)
}

fn broken_off(cause: &(dyn std::error::Error + 'static)) -> HttpRefusal {
    match BodyTimedOut::among(cause) {
        Some(late) => HttpRefusal::of(StatusCode::REQUEST_TIMEOUT, Refusal::new(Code::BadRequest, late.to_string())),
        None => Refusal::new(Code::BadRequest, "The body broke off. Send it again.").into(),
    }
}

fn too_long(mut rest: BodyDataStream, most: usize) -> HttpRefusal {
    let linger = async move {
        let mut left = LINGER_BYTES;
        while let Some(Ok(chunk)) = rest.next().await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                return;
            }
        }
    };
    tokio::spawn(tokio::time::timeout(LINGER, linger));
    Refusal::new(Code::TooLarge, format!("The request is longer than {most} bytes. Split it into several.")).into()
}
