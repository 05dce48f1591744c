//! What committed transactions have sent and this process has not published yet. The rows are the truth; this spares the
//! relay from reading back what was just written.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// A message on its way to its stream.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub id: String,
    pub stream: String,
    pub kind: String,
    pub key: String,
    pub body: String,
}

/// Messages in the order of their commits.
#[derive(Debug, Default)]
pub(crate) struct Departures {
    /// Whether a relay of this process takes them. Otherwise another process' relay finds the rows.
    taken: AtomicBool,
    waiting: Mutex<Vec<Outgoing>>,
    wake: Notify,
}

impl Departures {
    pub(crate) fn committed(&self, messages: Vec<Outgoing>) {
        if !messages.is_empty() && self.taken.load(Ordering::Relaxed) {
            self.waiting.lock().unwrap_or_else(PoisonError::into_inner).extend(messages);
            self.wake.notify_one();
        }
    }

    /// From now on somebody takes what is committed.
    pub(crate) fn open(&self) {
        self.taken.store(true, Ordering::Relaxed);
    }

    pub(crate) fn take(&self) -> Vec<Outgoing> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Resolves when there is something to take.
    pub(crate) async fn something(&self) {
        self.wake.notified().await;
    }
}
