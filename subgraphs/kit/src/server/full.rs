//! Turning away who comes when there is no room.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// How many are told so at once; the others are hung up on.
pub const AT_ONCE: usize = 64;
/// How long somebody has to read it. A connection that is closed on unread bytes would lose the answer too.
const LINGER: Duration = Duration::from_secs(1);
const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/json; charset=utf-8\r\n\
    content-length: 115\r\n\
    cache-control: no-store\r\n\
    content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n\
    x-content-type-options: nosniff\r\n\
    retry-after: 1\r\n\
    connection: close\r\n\r\n\
    {\"errors\":[{\"message\":\"Too many clients are connected. Try again shortly.\",\"extensions\":{\"code\":\"UNAVAILABLE\"}}]}\r\n";

pub fn turn_away(stream: TcpStream, turning_away: &Arc<Semaphore>) {
    let Ok(permit) = Arc::clone(turning_away).try_acquire_owned() else { return };
    tokio::spawn(async move {
        // Who does not listen is not told.
        let _told = tokio::time::timeout(LINGER, tell(stream)).await;
        drop(permit);
    });
}

async fn tell(mut stream: TcpStream) -> std::io::Result<()> {
    stream.write_all(ANSWER).await?;
    stream.shutdown().await?;
    let mut sent = [0; 1_024];
    while stream.read(&mut sent).await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_as_long_as_it_says() {
        let text = std::str::from_utf8(ANSWER).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
        serde_json::from_str::<serde_json::Value>(body).expect("JSON");
    }
}
