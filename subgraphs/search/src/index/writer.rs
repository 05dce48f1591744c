//! The thread that writes. Batches that arrive together share a commit, for a commit costs a sync of the disk.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tantivy::merge_policy::LogMergePolicy;
use tantivy::{IndexReader, IndexWriter, ReloadPolicy, TantivyError, Term};
use tokio::sync::oneshot;
use vocab::ProductId;

use super::{Current, Fields, Snapshot};
use crate::product::Product;

/// Products to take over, and who waits for it.
pub struct Batch {
    pub products: Vec<Product>,
    pub done: oneshot::Sender<tantivy::Result<()>>,
}

/// A commit waits for more to commit while it comes in this quick succession.
const GATHER: Duration = Duration::from_millis(20);
/// The least time from one commit to the next.
const PACE: Duration = Duration::from_millis(200);
/// With so many products in hand a commit waits no longer.
const ENOUGH: usize = 6_000;
/// Nor when so much time has passed.
const LONGEST: Duration = Duration::from_secs(1);
/// Segments are merged in the background; this long after a commit the merged ones are taken.
const SETTLED: Duration = Duration::from_secs(2);
const MEMORY_PER_THREAD: usize = 64 << 20;
const MOST_THREADS: usize = 4;
/// Segments of like size that are merged into one: each search looks into each segment.
const MERGE_AT: usize = 4;

pub struct Writer {
    writer: IndexWriter,
    reader: IndexReader,
    fields: Fields,
    /// Versions that are written and not committed yet.
    written: HashMap<ProductId, u64>,
    committed_at: Option<Instant>,
}

impl Writer {
    pub fn open(index: &tantivy::Index, fields: Fields) -> tantivy::Result<(Self, Snapshot)> {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(MOST_THREADS);
        let writer: IndexWriter = index.writer_with_num_threads(threads, threads * MEMORY_PER_THREAD)?;
        let mut merging = LogMergePolicy::default();
        merging.set_min_num_segments(MERGE_AT);
        writer.set_merge_policy(Box::new(merging));
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let snapshot = Snapshot::new(reader.searcher(), fields, None)?;
        Ok((Self { writer, reader, fields, written: HashMap::new(), committed_at: None }, snapshot))
    }

    /// Writes until nobody can send any more.
    pub fn run(mut self, incoming: &Receiver<Batch>, current: &Current) {
        let mut unsettled = false;
        loop {
            let first = if unsettled { incoming.recv_timeout(SETTLED) } else { incoming.recv().map_err(Into::into) };
            match first {
                Ok(first) => {
                    self.write_together(first, incoming, current);
                    unsettled = true;
                }
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(cause) = self.show(current) {
                        tracing::warn!(%cause, "merged segments cannot be taken yet");
                    }
                    unsettled = false;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn write_together(&mut self, first: Batch, incoming: &Receiver<Batch>, current: &Current) {
        let began = Instant::now();
        let paced = self.committed_at.map_or(began, |at| at + PACE);
        let mut waiting = Vec::new();
        let mut next = Some(first);
        let mut outcome = Ok(());
        while let Some(Batch { products, done }) = next.take() {
            outcome = outcome.and_then(|()| self.write(products, &current.get()));
            waiting.push(done);
            if outcome.is_ok() && self.written.len() < ENOUGH {
                let now = Instant::now();
                let deadline = paced.max(now + GATHER).min(began + LONGEST);
                next = incoming.recv_timeout(deadline.saturating_duration_since(now)).ok();
            }
        }
        let outcome = outcome.and_then(|()| self.commit(current));
        if let Err(cause) = &outcome {
            tracing::error!(%cause, "products are not indexed; they come again");
            self.undo();
        }
        for done in waiting {
            // Who waited may be gone; the message then comes again.
            let _gone = done.send(outcome.clone());
        }
    }

    fn write(&mut self, products: Vec<Product>, snapshot: &Arc<Snapshot>) -> tantivy::Result<()> {
        for product in products {
            let known = match self.written.get(&product.id) {
                Some(&version) => Some(version),
                None => snapshot.version(&product.id)?,
            };
            if known.is_some_and(|known| known >= product.version) {
                continue;
            }
            let document =
                self.fields.document(&product).map_err(|cause| TantivyError::InternalError(cause.to_string()))?;
            self.writer.delete_term(Term::from_field_text(self.fields.id, product.id.as_str()));
            self.writer.add_document(document)?;
            self.written.insert(product.id, product.version);
        }
        Ok(())
    }

    fn commit(&mut self, current: &Current) -> tantivy::Result<()> {
        if self.written.is_empty() {
            return Ok(());
        }
        self.writer.commit()?;
        self.committed_at = Some(Instant::now());
        self.show(current)?;
        self.written.clear();
        Ok(())
    }

    /// Lets searches see the latest commit.
    fn show(&self, current: &Current) -> tantivy::Result<()> {
        self.reader.reload()?;
        let before = current.get();
        current.set(Snapshot::new(self.reader.searcher(), self.fields, Some(&before))?);
        Ok(())
    }

    fn undo(&mut self) {
        self.written.clear();
        if let Err(cause) = self.writer.rollback() {
            tracing::error!(%cause, "the index takes nothing until this process starts again");
        }
    }
}
