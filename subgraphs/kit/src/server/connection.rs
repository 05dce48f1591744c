//! One connection.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tower::ServiceExt;

use super::body::{self, Answer};
use super::limits::Limits;
use super::stream::{Phase, Timed};

/// A longer head is a 431. Cookies, tokens and a persisted query's address take a tenth of it; what is read of a body at
/// once is no more either.
const HEAD_BYTES: usize = 32 * 1024;

/// Where the client has come to, in a request's extensions.
#[derive(Clone, Copy, Debug)]
pub struct LocalAddress(pub SocketAddr);

/// A connection that was accepted.
pub struct Connection {
    stream: TcpStream,
    requests: Requests,
}

/// What answers the requests of one connection.
#[derive(Clone)]
pub struct Requests {
    app: Router,
    peer: SocketAddr,
    local: SocketAddr,
    limits: Limits,
    phase: Phase,
}

impl Connection {
    /// Fails where the client is gone already.
    pub fn new(stream: TcpStream, peer: SocketAddr, app: Router, limits: Limits) -> std::io::Result<Self> {
        let local = stream.local_addr()?;
        // An answer is written whole: to wait for more of it would only make it late.
        stream.set_nodelay(true)?;
        Ok(Self { stream, requests: Requests { app, peer, local, limits, phase: Phase::accepted() } })
    }

    pub fn serve(self) -> http1::Connection<TokioIo<Timed>, Requests> {
        let Self { stream, requests } = self;
        let limits = requests.limits;
        let stream = Timed::new(stream, requests.phase.clone(), limits);
        http1::Builder::new()
            .timer(TokioTimer::new())
            // This clock runs between requests too. The head itself has its own deadline, in the stream.
            .header_read_timeout(limits.idle().max(limits.head()))
            .max_buf_size(HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), requests)
    }
}

impl Service<Request<Incoming>> for Requests {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let Self { app, peer, local, limits, phase } = self.clone();
        phase.serving();
        let mut request = request.map(|incoming| body::timed(incoming, limits.body()));
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(LocalAddress(local));
        Box::pin(async move {
            let response = app.oneshot(request).await?;
            Ok(response.map(|body| body::answer(body, phase)))
        })
    }
}
