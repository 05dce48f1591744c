#![doc = include_str!("../README.md")]

mod caught;
mod page;
mod smtp;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use kit::loopback::is_loopback;
use kit::server::{Hosts, Limits, LocalAddress, Server};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use caught::{Catcher, Mail};

/// Takes mail at `smtp` until told to stop. Shows it at `http` if it is to be `shown`, for there are links in it that open
/// accounts.
pub async fn serve(http: TcpListener, smtp: TcpListener, shown: bool, stop: CancellationToken) -> anyhow::Result<()> {
    let catcher = Catcher::default();
    tracing::info!(smtp = %smtp.local_addr()?, http = %http.local_addr()?, "the mail catcher is up");
    let taking = tokio::spawn(catcher.clone().take(smtp, stop.clone()));
    let stopping = stop.clone();
    let pages = if shown {
        page::routes(catcher)
    } else {
        tracing::warn!("mails are taken and come to nobody: set `mail.smtp` to a server that delivers them");
        page::probes()
    };
    let app = pages.layer(middleware::from_fn(only_by_its_own_name));
    Server::new(app, Limits::default().without_drain_delay()).run(http, stop).await?;
    stopping.cancel();
    taking.await?;
    Ok(())
}

/// On the loopback, a page of another site could give its own name this address and read every mail.
async fn only_by_its_own_name(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let local = parts.extensions.get::<LocalAddress>().is_some_and(|LocalAddress(local)| is_loopback(local.ip()));
    if local && Hosts::default().admit(&parts).is_err() {
        return (StatusCode::MISDIRECTED_REQUEST, "This is another server.\n").into_response();
    }
    next.run(Request::from_parts(parts, body)).await
}
