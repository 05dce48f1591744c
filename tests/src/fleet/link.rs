//! A line between a shop and a server of its, which can be cut.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Passes on every connection to a server. While it is cut there are none, and who connects is hung up on.
pub struct Link {
    address: SocketAddr,
    cut: Arc<watch::Sender<bool>>,
    passing: JoinHandle<()>,
}

/// Where the server is: `host:port`, or the path of a socket.
#[derive(Clone)]
pub struct Server(pub String);

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Server {
    async fn connect(&self) -> std::io::Result<Box<dyn Stream>> {
        if self.0.starts_with('/') {
            return Ok(Box::new(UnixStream::connect(&self.0).await?));
        }
        Ok(Box::new(TcpStream::connect(&self.0).await?))
    }
}

impl Link {
    pub async fn to(server: Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let cut = Arc::new(watch::Sender::new(false));
        let watched = Arc::clone(&cut);
        let passing = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, server.clone(), watched.subscribe()));
            }
        });
        Self { address, cut, passing }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn cut(&self) {
        self.cut.send_replace(true);
    }

    pub fn mend(&self) {
        self.cut.send_replace(false);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.passing.abort();
        self.cut();
    }
}

async fn pass(mut client: TcpStream, server: Server, mut cut: watch::Receiver<bool>) {
    if *cut.borrow() {
        return;
    }
    let Ok(mut server) = server.connect().await else { return };
    tokio::select! {
        // Either side may hang up.
        _ended = copy_bidirectional(&mut client, &mut server) => {}
        _is_cut = cut.wait_for(|cut| *cut) => {}
    }
}
