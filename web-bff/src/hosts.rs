//! The edge answers to its own names, so that no page of another site can pass for one of ours.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use kit::graphql::http::Answer;
use kit::server::{Hosts, Misdirected};
use kit::{Code, Refusal};

use crate::public_url::PublicUrl;
use crate::refusal;

/// Whoever looks whether a process is well knows its address at most.
const PROBES: [&str; 2] = ["/health", "/ready"];

#[derive(Clone)]
struct Names {
    hosts: Hosts,
    public: Arc<str>,
}

/// `app`, for requests that name `public`, one of `others`, or the address that they came to.
pub fn only(app: Router, public: &PublicUrl, others: &[String]) -> Router {
    let hosts = Hosts::named(others.iter().map(String::as_str).chain(public.host()));
    app.layer(from_fn_with_state(Names { hosts, public: public.as_str().into() }, admit))
}

async fn admit(State(names): State<Names>, request: Request, next: Next) -> Response {
    if PROBES.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match names.hosts.admit(&parts) {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(misdirected) => refuse(&misdirected, &names.public),
    }
}

fn refuse(Misdirected { host }: &Misdirected, public: &str) -> Response {
    let (status, message) = match host {
        None => (StatusCode::BAD_REQUEST, "Send one `Host`, with the name of this server.".to_owned()),
        Some(host) => {
            let host: String = host.chars().take(200).collect();
            let message = format!(
                "This server is not `{host}`. Ask it as {public}, or add the name to `edge.hosts` of its configuration."
            );
            (StatusCode::MISDIRECTED_REQUEST, message)
        }
    };
    refusal::json(Answer::from(Refusal::new(Code::BadRequest, message)).with_status(status))
}
