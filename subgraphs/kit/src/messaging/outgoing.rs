//! Messages of committed transactions that this process has not published yet. The outbox rows are the truth; this spares
//! the relay from reading back what was just written.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// A message on its way to its stream.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub id: String,
    pub stream: String,
    pub kind: String,
    pub key: String,
    pub body: String,
    /// The only groups that it is for; `None` for all.
    pub groups: Option<Vec<String>>,
}

/// Hands the messages of committed transactions to this process's relay, in the order of the commits.
#[derive(Debug, Default)]
pub(crate) struct CommitNotifier {
    waiting: Mutex<Waiting>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    messages: Vec<Outgoing>,
    /// How long this process's relay has before other relays may take the rows; `None` if this process has no relay. Then
    /// another process's relay finds the rows.
    head_start: Option<Duration>,
}

impl CommitNotifier {
    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn committed(&self, messages: Vec<Outgoing>) {
        if messages.is_empty() {
            return;
        }
        let mut waiting = self.waiting();
        if waiting.head_start.is_some() {
            waiting.messages.extend(messages);
            drop(waiting);
            self.wake.notify_one();
        }
    }

    /// How long other relays leave the rows of messages that are sent now alone.
    pub(crate) fn head_start(&self) -> Duration {
        self.waiting().head_start.unwrap_or_default()
    }

    /// From now on this process's relay takes what is committed, within `head_start`.
    pub(crate) fn open(&self, head_start: Duration) {
        self.waiting().head_start = Some(head_start);
    }

    /// From now on it does not.
    pub(crate) fn close(&self) {
        self.waiting().head_start = None;
    }

    pub(crate) fn take(&self) -> Vec<Outgoing> {
        std::mem::take(&mut self.waiting().messages)
    }

    /// Resolves when there is something to take.
    pub(crate) async fn something(&self) {
        self.wake.notified().await;
    }
}
