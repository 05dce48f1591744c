//! Work ends with the request that it is done for.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, EmptyMutation, EmptySubscription, Object, Request, Schema};
use axum::http::request::Parts;
use kit::graphql::guard::{Guard, hostile};
use kit::graphql::http::{SchemaExecutor, endpoint};
use kit::graphql::type_system::TypeSystem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How many pieces of work have begun, and how many of them have ended.
#[derive(Clone)]
struct Books(watch::Sender<(u32, u32)>);

impl Books {
    fn new() -> Self {
        Self(watch::Sender::new((0, 0)))
    }

    fn begun(&self) -> Entry {
        self.0.send_modify(|(begun, _)| *begun += 1);
        Entry(self.clone())
    }

    async fn read(&self, wanted: (u32, u32)) {
        let mut seen = self.0.subscribe();
        let waited = tokio::time::timeout(Duration::from_secs(60), seen.wait_for(|&books| books == wanted));
        waited.await.unwrap_or_else(|_| panic!("{:?}, not {wanted:?}", *self.0.borrow())).expect("open books");
    }
}

struct Entry(Books);

impl Drop for Entry {
    fn drop(&mut self) {
        self.0.0.send_modify(|(_, ended)| *ended += 1);
    }
}

struct Query;

#[Object]
impl Query {
    /// Never answers.
    async fn endless(&self, ctx: &Context<'_>) -> i32 {
        let _entry = ctx.data_unchecked::<Books>().begun();
        std::future::pending().await
    }

    /// Never answers: its loader does not.
    async fn endless_load(&self, ctx: &Context<'_>, key: i32) -> i32 {
        ctx.data_unchecked::<DataLoader<Endless>>().load_one(key).await.expect("no failure").unwrap_or_default()
    }
}

struct Endless(Books);

impl Loader<i32> for Endless {
    type Value = i32;
    type Error = std::convert::Infallible;

    async fn load(&self, _keys: &[i32]) -> Result<HashMap<i32, i32>, Self::Error> {
        let _entry = self.0.begun();
        std::future::pending().await
    }
}

async fn serve(books: &Books, timeout: Option<Duration>) -> SocketAddr {
    let books = books.clone();
    let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
    let types = TypeSystem::of(&schema);
    let executor = SchemaExecutor::new(schema, move |request: Request, _: &Parts| {
        let request = request.data(books.clone()).data(kit::batched(Endless(books.clone())));
        Box::pin(async move { Ok(request) })
    });
    let executor = match timeout {
        Some(timeout) => executor.with_timeout(timeout),
        None => executor,
    };
    let router = endpoint(Arc::new(executor), Guard::new(hostile::limits(), types));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async { axum::serve(listener, router).await });
    address
}

async fn sent(address: SocketAddr, document: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.expect("connects");
    let body = serde_json::json!({ "query": document }).to_string();
    let head = format!("content-type: application/json\r\ncontent-length: {}", body.len());
    let request = format!("POST /graphql HTTP/1.1\r\nhost: x\r\n{head}\r\n\r\n{body}");
    socket.write_all(request.as_bytes()).await.expect("sent");
    socket
}

#[tokio::test]
async fn a_client_that_hangs_up_ends_resolvers_and_loads() {
    let books = Books::new();
    let address = serve(&books, None).await;
    let mut clients = Vec::new();
    for _ in 0..10 {
        clients.push(sent(address, "{ endless a: endlessLoad(key: 1) b: endlessLoad(key: 2) }").await);
    }
    // Two loads of one loader are one batch.
    books.read((20, 0)).await;
    clients.truncate(5);
    books.read((20, 10)).await;
    clients.clear();
    books.read((20, 20)).await;
}

#[tokio::test]
async fn an_operation_that_takes_too_long_is_given_up_with_all_that_it_began() {
    let books = Books::new();
    // Long enough for all of it to begin, however busy the machine is.
    let address = serve(&books, Some(Duration::from_secs(3))).await;
    let mut client = sent(address, "{ endless endlessLoad(key: 1) }").await;
    let mut answer = vec![0; 4_096];
    let read = client.read(&mut answer).await.expect("an answer");
    let answer = String::from_utf8_lossy(&answer[..read]);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"code\":\"UNAVAILABLE\""), "{answer}");
    assert!(answer.contains("\"data\":null"), "{answer}");
    books.read((2, 2)).await;
}
