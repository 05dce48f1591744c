//! What this machine can do at best: an answer of the same size that nobody had to work for.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use tokio::net::TcpListener;

/// Serves `body` as it is and says where.
pub async fn serve(body: Vec<u8>) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let body = axum::body::Bytes::from(body);
    let answer = move || async move { ([(CONTENT_TYPE, "application/json")], body) };
    let app = Router::new().route("/graphql", post(answer));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(address)
}
