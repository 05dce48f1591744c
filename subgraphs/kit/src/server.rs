//! The HTTP server of every process: connections with deadlines, so many of them, and an end that comes.
//!
//! A client that sends nothing, half a head or half a body, or that takes nothing of its answer, would hold a connection
//! for ever. Each of these has a deadline here, and when the server stops it waits for what is in hand, and no longer than
//! `drain_ms`.

mod body;
mod clients;
mod connection;
mod full;
mod hosts;
mod limits;
mod stream;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::middleware::map_response_with_state;
use axum::response::Response;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::clients::Clients;
use self::connection::Connection;
use crate::loopback::is_loopback;

pub use self::body::BodyTimedOut;
pub use self::connection::LocalAddress;
pub use self::hosts::{Hosts, Misdirected};
pub use self::limits::Limits;

/// After a failure to accept that is none of the client's: most likely there is no file descriptor left.
const BREATH: Duration = Duration::from_millis(200);

/// Accepts connections and serves `app` on them.
pub struct Server {
    app: Router,
    limits: Limits,
    /// Whether so many connections may come from this address alone: a proxy's or a neighbour's are of many clients.
    counted: Arc<dyn Fn(SocketAddr) -> bool + Send + Sync>,
}

impl Server {
    pub fn new(app: Router, limits: Limits) -> Self {
        Self { app, limits, counted: Arc::new(|peer| !is_loopback(peer.ip())) }
    }

    /// Counts the connections of a client only where `counted` says so, and never those of the loopback.
    pub fn counting(mut self, counted: impl Fn(SocketAddr) -> bool + Send + Sync + 'static) -> Self {
        self.counted = Arc::new(move |peer| !is_loopback(peer.ip()) && counted(peer));
        self
    }

    /// Serves until told to stop. Then it goes on for `drain_delay_ms`, ending each connection with the next answer so
    /// that its client opens another elsewhere; takes no more connections, finishes the requests in hand, and after
    /// `drain_ms` closes what is left.
    pub async fn run(self, listener: TcpListener, stop: CancellationToken) -> io::Result<()> {
        let Self { app, limits, counted } = self;
        let app = app.layer(map_response_with_state(stop.clone(), last_of_its_connection));
        let (graceful, tasks, kill) = (GracefulShutdown::new(), TaskTracker::new(), CancellationToken::new());
        let _kill_with_this = kill.clone().drop_guard();
        let (room, turning_away) =
            (Arc::new(Semaphore::new(limits.connections)), Arc::new(Semaphore::new(full::AT_ONCE)));
        let clients = Clients::new(limits.connections_per_client);
        let closing = async {
            stop.cancelled().await;
            tokio::time::sleep(limits.drain_delay()).await;
        };
        tokio::pin!(closing);
        loop {
            let accepted = tokio::select! {
                () = &mut closing => break,
                accepted = listener.accept() => accepted,
            };
            let Some((stream, peer)) = settled(accepted).await else { continue };
            let held = Arc::clone(&room).try_acquire_owned().ok().and_then(|permit| {
                let own = if counted(peer) { clients.enter(peer)? } else { clients.uncounted() };
                Some((permit, own))
            });
            let Some(held) = held else {
                full::turn_away(stream, &turning_away);
                continue;
            };
            let Ok(connection) = Connection::new(stream, peer, app.clone(), limits) else { continue };
            let serving = graceful.watch(connection.serve());
            let kill = kill.clone();
            tasks.spawn(async move {
                tokio::select! {
                    ended = serving => if let Err(cause) = ended {
                        tracing::debug!(%cause, "a connection ended");
                    },
                    () = kill.cancelled() => {}
                }
                drop(held);
            });
        }
        drop(listener);
        tasks.close();
        if tokio::time::timeout(limits.drain(), graceful.shutdown()).await.is_err() {
            tracing::warn!(connections = tasks.len(), "clients took too long, and their connections are closed");
            kill.cancel();
        }
        tasks.wait().await;
        Ok(())
    }
}

/// Once the process is to stop, an answer says that no other comes on its connection.
async fn last_of_its_connection(State(stop): State<CancellationToken>, mut response: Response) -> Response {
    if stop.is_cancelled() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// An accepted connection. What fails with one connection is passed over; what fails with all of them is waited out.
async fn settled(accepted: io::Result<(TcpStream, SocketAddr)>) -> Option<(TcpStream, SocketAddr)> {
    match accepted {
        Ok(accepted) => Some(accepted),
        Err(cause) if is_of_one_connection(&cause) => None,
        Err(cause) => {
            tracing::error!(%cause, "no connection can be accepted");
            tokio::time::sleep(BREATH).await;
            None
        }
    }
}

fn is_of_one_connection(cause: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(cause.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
