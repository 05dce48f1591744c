//! What committed transactions have sent and this process has not published yet. The rows are the truth; this spares the
//! relay from reading back what was just written.

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
    /// Whom alone it is for; none where it is for every group.
    pub groups: Option<Vec<String>>,
}

/// Messages in the order of their commits.
#[derive(Debug, Default)]
pub(crate) struct CommitNotifier {
    waiting: Mutex<Waiting>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    messages: Vec<Outgoing>,
    /// How long a relay of this process may take before the rows are anybody's; none where no relay of this process takes
    /// them. Then another process' relay finds the rows.
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

    /// How long nobody else's relay takes what is sent now.
    pub(crate) fn head_start(&self) -> Duration {
        self.waiting().head_start.unwrap_or_default()
    }

    /// From now on somebody takes what is committed, and does so within `head_start`.
    pub(crate) fn open(&self, head_start: Duration) {
        self.waiting().head_start = Some(head_start);
    }

    /// From now on nobody does.
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
