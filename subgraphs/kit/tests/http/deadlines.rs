//! Clients that stall, one after another on real sockets. Each test waits for what happens, and for no longer than `SOON`.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get;
use futures::stream;
use kit::server::{Limits, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::sample::router;

const SOON: Duration = Duration::from_secs(60);
const LONG: u64 = 600_000;

/// Nothing ends by itself, unless a test says so.
const PATIENT: Limits = Limits {
    connections: 100,
    connections_per_client: 0,
    head_ms: LONG,
    body_ms: LONG,
    idle_ms: LONG,
    write_ms: LONG,
    drain_delay_ms: 0,
    drain_ms: LONG,
};

struct Running {
    address: SocketAddr,
    stop: CancellationToken,
    server: JoinHandle<std::io::Result<()>>,
}

async fn serve(app: Router, limits: Limits) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let (address, stop) = (listener.local_addr().expect("bound"), CancellationToken::new());
    let server = tokio::spawn(Server::new(app, limits).run(listener, stop.clone()));
    Running { address, stop, server }
}

impl Running {
    async fn client(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("connects")
    }

    /// A client whose first bytes are there when the server takes it up, for both run in this thread: however busy the
    /// machine is, no deadline passes in between.
    fn client_that_sent(&self, bytes: &[u8]) -> TcpStream {
        let mut socket = std::net::TcpStream::connect(self.address).expect("connects");
        std::io::Write::write_all(&mut socket, bytes).expect("sent");
        socket.set_nonblocking(true).expect("a socket");
        TcpStream::from_std(socket).expect("a socket")
    }
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, what).await.expect("it happens soon")
}

/// All that still comes until the server closes.
async fn until_closed(socket: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut block = [0; 4_096];
    soon(async {
        // A connection that is reset is closed too.
        while let Ok(read @ 1..) = socket.read(&mut block).await {
            text.extend_from_slice(&block[..read]);
        }
    })
    .await;
    String::from_utf8_lossy(&text).into_owned()
}

const ASK: &[u8] = b"GET /graphql?query=%7Bsum(left%3A1)%7D HTTP/1.1\r\nhost: x\r\n\r\n";

async fn asked(socket: &mut TcpStream) -> String {
    socket.write_all(ASK).await.expect("sent");
    answer(socket).await
}

async fn answer(socket: &mut TcpStream) -> String {
    let mut answer = vec![0; 4_096];
    let read = soon(socket.read(&mut answer)).await.expect("an answer");
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

#[tokio::test]
async fn a_head_of_more_than_32_kilobytes_is_refused_and_not_kept() {
    let running = serve(router(), PATIENT).await;
    for unfinished in [false, true] {
        let mut socket = running.client().await;
        socket.write_all(b"GET /graphql HTTP/1.1\r\nhost: x\r\nx-long: ").await.expect("sent");
        // The server may close before all of it is taken.
        let _refused = socket.write_all(&vec![b'a'; 100_000]).await;
        if !unfinished {
            let _refused = socket.write_all(b"\r\n\r\n").await;
        }
        let answer = until_closed(&mut socket).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
    assert!(asked(&mut running.client().await).await.starts_with("HTTP/1.1 200"), "others are served");
}

#[tokio::test]
async fn a_client_that_stalls_is_hung_up_on() {
    let running = serve(router(), Limits { head_ms: 100, body_ms: 100, ..PATIENT }).await;
    let post = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let cases = [
        ("nothing", String::new(), ""),
        ("a line", "GET /graphql HTTP/1.1\r\n".to_owned(), ""),
        ("half a head", "GET /graphql HTTP/1.1\r\nhost: x\r\nx-half:".to_owned(), ""),
        ("no body", format!("{post}content-length: 20\r\n\r\n"), "HTTP/1.1 408"),
        ("half a body", format!("{post}content-length: 20\r\n\r\n{{\"query\":"), "HTTP/1.1 408"),
        ("half a chunk", format!("{post}transfer-encoding: chunked\r\n\r\nff\r\n{{\"query\":"), "HTTP/1.1 408"),
    ];
    let mut closed = 0;
    for (what, sent, answered) in &cases {
        let mut socket = running.client_that_sent(sent.as_bytes());
        let answer = until_closed(&mut socket).await;
        assert!(answer.starts_with(answered) && answer.is_empty() == answered.is_empty(), "{what}: {answer}");
        closed += 1;
    }
    assert_eq!(closed, 6);
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_does_not_put_its_deadline_off() {
    let running = serve(router(), Limits { head_ms: 200, ..PATIENT }).await;
    let mut socket = running.client_that_sent(ASK);
    assert!(answer(&mut socket).await.contains("200 OK"));
    // The second request of the connection, of a client that is slow by nature.
    let (mut reading, mut writing) = socket.into_split();
    let dripping = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        for byte in b"GET /graphql HTTP/1.1\r\nx-slow: ".iter().chain(std::iter::repeat(&b'x')) {
            ticks.tick().await;
            if writing.write_all(&[*byte]).await.is_err() {
                return;
            }
        }
    });
    let mut block = [0; 64];
    assert!(matches!(soon(reading.read(&mut block)).await, Ok(0) | Err(_)));
    dripping.abort();
}

#[tokio::test]
async fn a_connection_rests_between_requests_for_longer_than_a_head_may_take() {
    let running = serve(router(), Limits { head_ms: 40, idle_ms: 400, ..PATIENT }).await;
    // It may rest longer than this on a busy machine, and never shorter: the clock begins before the rest does.
    let began = Instant::now();
    let mut socket = running.client_that_sent(ASK);
    assert!(answer(&mut socket).await.contains("200 OK"));
    assert_eq!(until_closed(&mut socket).await, "");
    assert!(began.elapsed() >= Duration::from_millis(400), "{:?}", began.elapsed());
}

/// Tells when it is dropped.
struct Told(mpsc::UnboundedSender<()>);

impl Drop for Told {
    fn drop(&mut self) {
        // Nobody may be waiting any more.
        let _told = self.0.send(());
    }
}

fn endless(dropped: mpsc::UnboundedSender<()>) -> Router {
    let answer = move || {
        let told = Told(dropped.clone());
        async move {
            let block = Bytes::from(vec![b'x'; 64 * 1024]);
            Body::from_stream(stream::unfold(told, move |told| {
                let block = block.clone();
                async move { Some((Ok::<_, std::io::Error>(block), told)) }
            }))
        }
    };
    Router::new().route("/endless", get(answer))
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_is_hung_up_on() {
    let (dropped, mut drops) = mpsc::unbounded_channel();
    let running = serve(endless(dropped), Limits { write_ms: 100, ..PATIENT }).await;
    let mut socket = running.client().await;
    socket.write_all(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
    soon(drops.recv()).await;
}

#[tokio::test]
async fn work_stops_when_its_client_hangs_up() {
    let (dropped, mut drops) = mpsc::unbounded_channel();
    let begun = Arc::new(Notify::new());
    let beginning = Arc::clone(&begun);
    let work = move || {
        let told = Told(dropped.clone());
        beginning.notify_one();
        async move {
            let _held = told;
            std::future::pending::<()>().await;
        }
    };
    let running = serve(Router::new().route("/work", get(work)), PATIENT).await;
    let mut socket = running.client().await;
    socket.write_all(b"GET /work HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
    soon(begun.notified()).await;
    drop(socket);
    soon(drops.recv()).await;
}

#[tokio::test]
async fn who_comes_when_there_is_no_room_is_told_to_come_again() {
    let running = serve(router(), Limits { connections: 2, ..PATIENT }).await;
    let mut held = [running.client().await, running.client().await];
    for socket in &mut held {
        assert!(asked(socket).await.contains("200 OK"));
    }
    let mut third = running.client().await;
    third.write_all(ASK).await.expect("sent");
    let answer = until_closed(&mut third).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after: 1"), "{answer}");
    assert!(answer.contains("UNAVAILABLE"), "{answer}");
    drop(held);
    soon(async { while !asked(&mut running.client().await).await.contains("200 OK") {} }).await;
}

#[tokio::test]
async fn a_stalled_client_does_not_hold_the_end_past_its_deadline() {
    let pending = Router::new().route("/work", get(std::future::pending::<()>));
    let running = serve(router().merge(pending), Limits { drain_ms: 100, ..PATIENT }).await;
    let mut stalled = Vec::new();
    for sent in ["", "GET /graphql HTTP/1.1\r\nx-half:", "GET /work HTTP/1.1\r\nhost: x\r\n\r\n"] {
        let mut socket = running.client().await;
        socket.write_all(sent.as_bytes()).await.expect("sent");
        stalled.push(socket);
    }
    // The server has accepted the others too, for it takes them in turn.
    let mut resting = running.client().await;
    assert!(asked(&mut resting).await.contains("200 OK"));
    running.stop.cancel();
    soon(running.server).await.expect("no panic").expect("no failure");
    for mut socket in stalled {
        assert_eq!(until_closed(&mut socket).await, "");
    }
}

#[tokio::test]
async fn what_is_in_hand_is_finished_before_the_end() {
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (beginning, going_on) = (Arc::clone(&begun), Arc::clone(&go_on));
    let work = move || {
        let (begun, go_on) = (Arc::clone(&beginning), Arc::clone(&going_on));
        async move {
            begun.notify_one();
            go_on.notified().await;
            "done"
        }
    };
    let running = serve(Router::new().route("/work", get(work)), PATIENT).await;
    let mut socket = running.client().await;
    socket.write_all(b"GET /work HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
    soon(begun.notified()).await;
    running.stop.cancel();
    go_on.notify_one();
    let answer = until_closed(&mut socket).await;
    assert!(answer.contains("200 OK") && answer.ends_with("done"), "{answer}");
    soon(running.server).await.expect("no panic").expect("no failure");
}

#[tokio::test]
async fn a_process_that_is_to_stop_serves_on_for_a_while_and_ends_each_connection_with_its_answer() {
    let running = serve(router(), Limits { drain_delay_ms: LONG, ..PATIENT }).await;
    let mut before = running.client().await;
    assert!(asked(&mut before).await.contains("200 OK"));
    running.stop.cancel();
    let mut after = running.client().await;
    for socket in [&mut before, &mut after] {
        socket.write_all(ASK).await.expect("sent");
        let answer = until_closed(socket).await;
        assert!(answer.contains("200 OK") && answer.contains("connection: close"), "{answer}");
    }
    assert!(!running.server.is_finished());
}
