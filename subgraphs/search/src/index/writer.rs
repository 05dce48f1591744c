//! The thread that writes. Batches that arrive together share a commit, for a commit costs a sync of the disk.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tantivy::merge_policy::LogMergePolicy;
use tantivy::{IndexReader, IndexWriter, ReloadPolicy, TantivyError, Term};
use tokio::sync::{oneshot, watch};

use super::fill::Fill;
use super::standing::{Standing, State};
use super::{Current, Fields, Snapshot, snapshot};
use crate::product::{Part, Product};

/// What the thread is told to do, and who waits for it.
pub enum Order {
    /// To take over products, which are a part of the whole catalogue or have changed.
    TakeOver { products: Vec<Product>, part: Option<Part>, done: Done },
    /// To begin to fill the index, which hears of changes in this group.
    Fill { group: String, done: Done },
}

type Done = oneshot::Sender<tantivy::Result<()>>;

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
    state: State,
    /// Set while the whole catalogue is on its way.
    fill: Option<Fill>,
    /// Versions that are written and not committed yet.
    written: HashMap<String, u64>,
    committed_at: Option<Instant>,
    standing: watch::Sender<Standing>,
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
        let state = State::of(index, snapshot.searcher.num_docs())?;
        let standing = watch::Sender::new(Standing { state: state.clone(), filling: None });
        let (fill, written) = (None, HashMap::new());
        Ok((Self { writer, reader, fields, state, fill, written, committed_at: None, standing }, snapshot))
    }

    /// How the index stands, told after each commit that changes it.
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// Writes until nobody can send any more.
    pub fn run(mut self, incoming: &Receiver<Order>, current: &Current) {
        let mut unsettled = false;
        let mut next = None;
        loop {
            let order = match next.take() {
                Some(order) => Ok(order),
                None if unsettled => incoming.recv_timeout(SETTLED),
                None => incoming.recv().map_err(Into::into),
            };
            match order {
                Ok(Order::Fill { group, done }) => {
                    let begun = self.begin(group, current);
                    // Who waited may be gone; it is told to begin again then.
                    let _gone = done.send(begun);
                }
                Ok(first) => {
                    next = self.write_together(first, incoming, current);
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

    /// Gives what is to be done next, where that is something else.
    fn write_together(&mut self, first: Order, incoming: &Receiver<Order>, current: &Current) -> Option<Order> {
        let began = Instant::now();
        let paced = self.committed_at.map_or(began, |at| at + PACE);
        let mut waiting = Vec::new();
        let mut next = Some(first);
        let mut outcome = Ok(());
        let something_else = loop {
            let Some(Order::TakeOver { products, part, done }) = next else { break next };
            outcome = outcome.and_then(|()| self.write(products, part.as_ref(), &current.get()));
            waiting.push(done);
            if outcome.is_err() || self.written.len() >= ENOUGH {
                break None;
            }
            let now = Instant::now();
            let deadline = paced.max(now + GATHER).min(began + LONGEST);
            next = incoming.recv_timeout(deadline.saturating_duration_since(now)).ok();
        };
        let outcome = outcome.and_then(|()| self.commit(current));
        if let Err(cause) = &outcome {
            tracing::error!(%cause, "products are not indexed; they come again");
            self.undo();
        }
        for done in waiting {
            // Who waited may be gone; the message then comes again.
            let _gone = done.send(outcome.clone());
        }
        something_else
    }

    fn write(&mut self, products: Vec<Product>, part: Option<&Part>, snapshot: &Arc<Snapshot>) -> tantivy::Result<()> {
        let filling = self.fill.as_ref().zip(part).is_some_and(|(fill, part)| fill.is_answered_by(part));
        for product in products {
            let id = product.id.as_str();
            let heard = self.written.get(id).copied();
            let heard = heard.or_else(|| self.fill.as_ref().and_then(|fill| fill.version(id)));
            let known = match heard {
                // What the catalogue says when it is asked for everything is written over whatever was there before.
                None if filling => None,
                None => snapshot.version(id)?,
                heard => heard,
            };
            if known.is_some_and(|known| known >= product.version) {
                continue;
            }
            let document =
                self.fields.document(&product).map_err(|cause| TantivyError::InternalError(cause.to_string()))?;
            self.writer.delete_term(Term::from_field_text(self.fields.id, id));
            self.writer.add_document(document)?;
            self.written.insert(product.id.into(), product.version);
        }
        if filling && let Some((fill, part)) = self.fill.as_mut().zip(part) {
            fill.note(part);
        }
        Ok(())
    }

    fn commit(&mut self, current: &Current) -> tantivy::Result<()> {
        let whole = self.fill.as_ref().is_some_and(Fill::is_whole);
        if !self.written.is_empty() || whole {
            let mut state = self.state.clone();
            if whole {
                let gone = self.remove_what_did_not_come(&current.get())?;
                state.whole = true;
                state.follows = self.fill.as_ref().map(|fill| fill.group().to_owned());
                tracing::info!(gone, "the index has the whole catalogue");
            }
            self.commit_as(state)?;
            self.show(current)?;
        }
        match &mut self.fill {
            Some(fill) => fill.committed(self.written.drain()),
            None => self.written.clear(),
        }
        if whole {
            self.fill = None;
        }
        self.tell();
        Ok(())
    }

    /// Leaves of every product that was here and is none of the catalogue's only that there was one.
    fn remove_what_did_not_come(&mut self, snapshot: &Snapshot) -> tantivy::Result<usize> {
        let Some(fill) = &self.fill else { return Ok(0) };
        let came = |id: &str| self.written.contains_key(id) || fill.version(id).is_some();
        let gone = snapshot::others(snapshot, came)?;
        for (id, version) in &gone {
            self.writer.delete_term(Term::from_field_text(self.fields.id, id));
            self.writer.add_document(self.fields.remains(id, *version))?;
        }
        Ok(gone.len())
    }

    /// Begins to fill the index. It is on disk, before this returns, that the index may have missed something.
    fn begin(&mut self, group: String, current: &Current) -> tantivy::Result<()> {
        let state = State { follows: None, ..self.state.clone() };
        if let Err(cause) = self.commit_as(state).and_then(|()| self.show(current)) {
            tracing::error!(%cause, "the index cannot be filled");
            self.undo();
            return Err(cause);
        }
        self.fill = Some(Fill::new(group));
        self.tell();
        Ok(())
    }

    fn commit_as(&mut self, mut state: State) -> tantivy::Result<()> {
        state.commits += 1;
        let mut prepared = self.writer.prepare_commit()?;
        prepared.set_payload(&state.payload());
        prepared.commit()?;
        self.state = state;
        self.committed_at = Some(Instant::now());
        Ok(())
    }

    fn tell(&self) {
        let now = Standing { state: self.state.clone(), filling: self.fill.as_ref().map(Fill::progress) };
        self.standing.send_if_modified(|before| {
            let changed = *before != now;
            *before = now;
            changed
        });
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
        if let Some(fill) = &mut self.fill {
            fill.rolled_back();
        }
        if let Err(cause) = self.writer.rollback() {
            tracing::error!(%cause, "the index takes nothing until this process starts again");
        }
    }
}
