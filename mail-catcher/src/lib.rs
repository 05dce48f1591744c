#![doc = include_str!("../README.md")]

mod caught;
mod page;
mod smtp;

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
    let served = axum::serve(http, pages).with_graceful_shutdown(async move { stop.cancelled().await });
    served.await?;
    stopping.cancel();
    taking.await?;
    Ok(())
}
