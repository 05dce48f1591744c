//! A connection's bytes, with a deadline for the head of a request and for the taking of an answer.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::limits::Limits;

/// What a client must take within `write_ms` while an answer waits for it, or it takes next to nothing.
const LEAST_TAKEN: usize = 16 * 1024;

/// What a connection is waiting for.
#[derive(Clone, Debug)]
pub struct Phase(Arc<AtomicU8>);

const HEAD: u8 = 0;
const ANSWER: u8 = 1;
const NEXT: u8 = 2;

impl Phase {
    pub fn accepted() -> Self {
        Self(Arc::new(AtomicU8::new(HEAD)))
    }

    /// A request's head is there.
    pub fn serving(&self) {
        self.0.store(ANSWER, Ordering::Relaxed);
    }

    /// An answer has been made, and another request may come.
    pub fn served(&self) {
        self.0.store(NEXT, Ordering::Relaxed);
    }

    fn begun(&self) -> bool {
        self.0.compare_exchange(NEXT, HEAD, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    fn is_head(&self) -> bool {
        self.0.load(Ordering::Relaxed) == HEAD
    }
}

/// A stream that fails when its client is too slow.
pub struct Timed {
    stream: TcpStream,
    limits: Limits,
    phase: Phase,
    head: Option<Pin<Box<Sleep>>>,
    write: Option<Pin<Box<Sleep>>>,
    taken: usize,
}

impl Timed {
    pub fn new(stream: TcpStream, phase: Phase, limits: Limits) -> Self {
        let head = Some(Box::pin(sleep(limits.head())));
        Self { stream, limits, phase, head, write: None, taken: 0 }
    }

    fn written(&mut self, wrote: Poll<io::Result<usize>>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        match wrote {
            Poll::Pending => {
                let limits = &self.limits;
                let window = self.write.get_or_insert_with(|| Box::pin(sleep(limits.write())));
                while window.as_mut().poll(cx).is_ready() {
                    if self.taken < LEAST_TAKEN {
                        return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes no answer")));
                    }
                    self.taken = 0;
                    window.set(sleep(limits.write()));
                }
                Poll::Pending
            }
            Poll::Ready(wrote) => {
                self.taken = self.taken.saturating_add(*wrote.as_ref().unwrap_or(&0));
                Poll::Ready(wrote)
            }
        }
    }
}

impl AsyncRead for Timed {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut this.stream).poll_read(cx, buffer) {
            if buffer.filled().len() > before && this.phase.begun() {
                this.head = Some(Box::pin(sleep(this.limits.head())));
            }
            // Bytes that come one by one do not put the deadline off: it is asked below, once there are no more.
            return Poll::Ready(read);
        }
        if !this.phase.is_head() {
            this.head = None;
        }
        let Some(head) = &mut this.head else { return Poll::Pending };
        ready!(head.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the head of a request did not come")))
    }
}

impl AsyncWrite for Timed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(wrote, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.written(wrote, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Flushed once all is written: nothing waits for the client any more.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.write = None;
        self.taken = 0;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
