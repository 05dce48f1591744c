//! The index: a folder, a thread that writes, and what can be searched now.

mod fields;
mod fill;
mod folder;
mod opened;
mod snapshot;
mod status;
mod writer;

use std::path::Path;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use kit::{Code, Refusal, Result, Transient};
use tokio::sync::{Semaphore, oneshot, watch};

pub use self::fields::{BRAND, CURRENCY, Fields, NUMBER, PATH, PRICE, RELEASED};
pub use self::snapshot::{SegmentDictionary, Snapshot, Tree};
pub use self::status::{Filling, IndexStatus, State};
use self::writer::{Writer, WriterCommand};
use crate::product::{Part, Product};

/// How many searches may wait for a core before the next one is told to come back.
const WAITING: usize = 512;

/// The index. Clones share it.
#[derive(Clone)]
pub struct Index(Arc<Inner>);

struct Inner {
    current: Arc<Current>,
    queue: Semaphore,
    cores: Arc<Semaphore>,
    writing: Mutex<Option<Writing>>,
    status: watch::Receiver<IndexStatus>,
}

struct Writing {
    commands: mpsc::Sender<WriterCommand>,
    thread: JoinHandle<()>,
}

/// What can be searched now. It is replaced as a whole.
pub struct Current(RwLock<Arc<Snapshot>>);

impl Current {
    fn get(&self) -> Arc<Snapshot> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, snapshot: Snapshot) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
    }
}

impl Index {
    /// Opens the index under `data`, empty if there is none that this program can read.
    pub fn open(data: &Path) -> anyhow::Result<Self> {
        let (writer, snapshot) = Writer::open(data)?;
        let current = Arc::new(Current(RwLock::new(Arc::new(snapshot))));
        let status = writer.status();
        let (commands, incoming) = mpsc::channel();
        let thread = std::thread::Builder::new().name("indexing".into()).spawn({
            let current = Arc::clone(&current);
            move || writer.run(&incoming, &current)
        })?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self(Arc::new(Inner {
            current,
            queue: Semaphore::new(WAITING),
            cores: Arc::new(Semaphore::new(cores)),
            writing: Mutex::new(Some(Writing { commands, thread })),
            status,
        })))
    }

    /// How many products it knows, the removed ones that it remembers among them.
    pub fn len(&self) -> u64 {
        self.0.current.get().searcher.num_docs()
    }

    /// Whether it has never heard of a product.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes over products that are newer than the ones it has. Returns when they are on disk and can be found.
    pub async fn take_over(&self, products: Vec<Product>, part: Option<Part>) -> Result<()> {
        self.order(|done| WriterCommand::TakeOver { products, part, done }, "the index takes no products").await
    }

    /// Begins to fill the index with the whole catalogue; changes are heard of in `group` meanwhile. Returns when it is on
    /// disk that the index may have missed something.
    pub async fn fill(&self, group: &str) -> Result<()> {
        let group = group.to_owned();
        self.order(|done| WriterCommand::Fill { group, done }, "the index cannot be filled").await
    }

    /// How many commits there were, over all its processes.
    pub fn commits(&self) -> u64 {
        self.0.status.borrow().state.commits
    }

    /// How it stands: whether it is whole, and what is on its way.
    pub fn status(&self) -> watch::Receiver<IndexStatus> {
        self.0.status.clone()
    }

    /// Has the indexing thread do something. What an index cannot take now, for want of a disk say, it takes later: that is
    /// no fault of whoever brought it.
    async fn order(
        &self,
        order: impl FnOnce(oneshot::Sender<tantivy::Result<()>>) -> WriterCommand,
        refused: &'static str,
    ) -> Result<()> {
        let (done, finished) = oneshot::channel();
        let sent = match &*self.0.writing.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(writing) => writing.commands.send(order(done)).is_ok(),
            None => false,
        };
        if !sent {
            return Err(Transient::new(anyhow::anyhow!("the indexing thread is gone")).into());
        }
        let done = finished.await.map_err(|_gone| Transient::new(anyhow::anyhow!("the indexing thread has ended")))?;
        done.map_err(|cause| Transient::new(anyhow::Error::new(cause).context(refused)).into())
    }

    /// Reads what can be searched now, on a core of its own. Refused while the index has never been whole.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Snapshot) -> tantivy::Result<T> + Send + 'static,
    ) -> Result<T> {
        if !self.0.status.borrow().state.whole {
            // What there is of it would pass for all that there is.
            let message = "The catalogue is still on its way to this replica. Try again in a moment.";
            return Err(Refusal::new(Code::Unavailable, message).into());
        }
        let Ok(_waiting) = self.0.queue.try_acquire() else {
            let message = "Too many searches are waiting. Try again in a moment.";
            return Err(Refusal::new(Code::Unavailable, message).into());
        };
        let core = Arc::clone(&self.0.cores).acquire_owned().await?;
        let snapshot = self.0.current.get();
        let answered = tokio::task::spawn_blocking(move || {
            let _core = core;
            read(&snapshot)
        });
        Ok(answered.await??)
    }
}

impl Drop for Inner {
    /// Gives the folder back: the next one to open it must find it unlocked.
    fn drop(&mut self) {
        let writing = self.writing.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Writing { commands, thread }) = writing else { return };
        drop(commands);
        if thread.join().is_err() {
            tracing::error!("the indexing thread panicked");
        }
    }
}
