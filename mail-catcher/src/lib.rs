#![doc = include_str!("../README.md")]

mod caught;
mod page;
mod smtp;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use caught::{Catcher, Mail};

/// Takes mail at `smtp` and shows it at `http` until told to stop.
pub async fn serve(http: TcpListener, smtp: TcpListener, stop: CancellationToken) -> anyhow::Result<()> {
    let catcher = Catcher::default();
    tracing::info!(smtp = %smtp.local_addr()?, http = %http.local_addr()?, "the mail catcher is up");
    let taking = tokio::spawn(catcher.clone().take(smtp, stop.clone()));
    let stopping = stop.clone();
    let served = axum::serve(http, page::routes(catcher)).with_graceful_shutdown(async move { stop.cancelled().await });
    served.await?;
    stopping.cancel();
    taking.await?;
    Ok(())
}
