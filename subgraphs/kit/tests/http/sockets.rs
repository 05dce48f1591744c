use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::sample::router;

async fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async { axum::serve(listener, router()).await });
    address
}

#[tokio::test]
async fn a_client_that_sends_ten_megabytes_still_reads_why_they_are_refused() {
    let address = serve().await;
    for head in ["content-length: 10000000", "transfer-encoding: chunked"] {
        let mut socket = TcpStream::connect(address).await.expect("connects");
        let head = format!("POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{head}\r\n\r\n");
        socket.write_all(head.as_bytes()).await.expect("sent");
        let chunked = head.contains("chunked");
        let block = vec![b' '; 100_000];
        for _ in 0..100 {
            if chunked {
                socket.write_all(b"186a0\r\n").await.expect("taken");
            }
            socket.write_all(&block).await.expect("taken");
            if chunked {
                socket.write_all(b"\r\n").await.expect("taken");
            }
        }
        if chunked {
            socket.write_all(b"0\r\n\r\n").await.expect("taken");
        }
        let mut answer = vec![0; 4_096];
        let read = socket.read(&mut answer).await.expect("an answer");
        let answer = String::from_utf8_lossy(&answer[..read]);
        assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("TOO_LARGE"), "{answer}");
    }
}
