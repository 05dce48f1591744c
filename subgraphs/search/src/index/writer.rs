//! The thread that writes the index. Batches that arrive together share a commit, since a commit costs a sync of the disk.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tantivy::{TantivyError, Term};
use tokio::sync::{oneshot, watch};

use super::fill::Fill;
use super::opened::Opened;
use super::status::{IndexStatus, State};
use super::{Current, Snapshot, snapshot};
use crate::product::{Part, Product};

/// A command to the thread, with who waits for it.
pub enum WriterCommand {
    /// Write products: changed ones, or a part of the whole catalogue.
    TakeOver { products: Vec<Product>, part: Option<Part>, done: Done },
    /// Start to fill the index, which gets changes in this group.
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
/// An index that takes nothing is tried again after so long, also when there is nothing to write.
const TRIED_AGAIN: Duration = Duration::from_secs(5);

pub struct Writer {
    data: PathBuf,
    /// None after a failure that could not be undone. It is opened again before anything else is done.
    opened: Option<Opened>,
    /// As of the last commit.
    state: State,
    /// The last one in which every change was heard.
    group: Option<String>,
    /// Why the last commit failed.
    trouble: Option<String>,
    /// Set while the whole catalogue is on its way.
    fill: Option<Fill>,
    /// Versions that are written and not committed yet.
    written: HashMap<String, u64>,
    committed_at: Option<Instant>,
    status: watch::Sender<IndexStatus>,
}

impl Writer {
    /// Opens the index under `data`.
    pub fn open(data: &Path) -> anyhow::Result<(Self, Snapshot)> {
        let (opened, snapshot, state) = Opened::at(data)?;
        let status = watch::Sender::new(IndexStatus { state: state.clone(), ..IndexStatus::default() });
        let writer = Self {
            data: data.to_owned(),
            opened: Some(opened),
            group: state.follows.clone(),
            state,
            trouble: None,
            fill: None,
            written: HashMap::new(),
            committed_at: None,
            status,
        };
        Ok((writer, snapshot))
    }

    /// How the index stands, told after each commit that changes it.
    pub fn status(&self) -> watch::Receiver<IndexStatus> {
        self.status.subscribe()
    }

    /// Writes until nobody can send any more.
    pub fn run(mut self, incoming: &Receiver<WriterCommand>, current: &Current) {
        let mut unsettled = false;
        let mut next = None;
        loop {
            let order = match next.take() {
                Some(order) => Ok(order),
                None if self.trouble.is_some() => incoming.recv_timeout(TRIED_AGAIN),
                None if unsettled => incoming.recv_timeout(SETTLED),
                None => incoming.recv().map_err(Into::into),
            };
            match order {
                Ok(WriterCommand::Fill { group, done }) => {
                    let begun = self.attempt(current, |writer| writer.begin(group, current));
                    // Who waited may be gone; it is told to begin again then.
                    let _gone = done.send(begun);
                }
                Ok(first) => {
                    next = self.write_together(first, incoming, current);
                    unsettled = true;
                }
                Err(RecvTimeoutError::Timeout) => {
                    // What fails is tried again.
                    let _later = self.attempt(current, |writer| writer.settle(current));
                    unsettled = false;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Gives what is to be done next, where that is something else.
    fn write_together(
        &mut self,
        first: WriterCommand,
        incoming: &Receiver<WriterCommand>,
        current: &Current,
    ) -> Option<WriterCommand> {
        let began = Instant::now();
        let paced = self.committed_at.map_or(began, |at| at + PACE);
        let mut waiting = Vec::new();
        let mut next = Some(first);
        let mut outcome = Ok(());
        let something_else = loop {
            let Some(WriterCommand::TakeOver { products, part, done }) = next else { break next };
            outcome = outcome
                .and_then(|()| self.attempt(current, |writer| writer.write(products, part.as_ref(), &current.get())));
            waiting.push(done);
            if outcome.is_err() || self.written.len() >= ENOUGH {
                break None;
            }
            let now = Instant::now();
            let deadline = paced.max(now + GATHER).min(began + LONGEST);
            next = incoming.recv_timeout(deadline.saturating_duration_since(now)).ok();
        };
        let outcome = outcome.and_then(|()| self.attempt(current, |writer| writer.commit(current)));
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
            let Opened { writer, fields, .. } = self.opened()?;
            let document = fields.document(&product).map_err(|cause| TantivyError::InternalError(cause.to_string()))?;
            writer.delete_term(Term::from_field_text(fields.id, id));
            writer.add_document(document)?;
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

    /// Takes merged segments, and finds out whether an index takes something again that did not.
    fn settle(&mut self, current: &Current) -> tantivy::Result<()> {
        if self.trouble.is_some() {
            self.commit_as(self.state.clone())?;
        }
        self.show(current)?;
        self.tell();
        Ok(())
    }

    /// Leaves of every product that was here and is none of the catalogue's only that there was one.
    fn remove_what_did_not_come(&mut self, snapshot: &Snapshot) -> tantivy::Result<usize> {
        let Some(fill) = &self.fill else { return Ok(0) };
        let came = |id: &str| self.written.contains_key(id) || fill.version(id).is_some();
        let gone = snapshot::others(snapshot, came)?;
        let Opened { writer, fields, .. } = self.opened()?;
        for (id, version) in &gone {
            writer.delete_term(Term::from_field_text(fields.id, id));
            writer.add_document(fields.remains(id, *version))?;
        }
        Ok(gone.len())
    }

    /// Begins to fill the index. It is on disk, before this returns, that the index may have missed something.
    fn begin(&mut self, group: String, current: &Current) -> tantivy::Result<()> {
        self.group = Some(group.clone());
        self.commit_as(State { follows: None, ..self.state.clone() })?;
        self.show(current)?;
        self.fill = Some(Fill::new(group));
        self.tell();
        Ok(())
    }

    fn commit_as(&mut self, mut state: State) -> tantivy::Result<()> {
        state.commits += 1;
        self.opened()?.commit(&state)?;
        self.state = state;
        self.trouble = None;
        self.committed_at = Some(Instant::now());
        Ok(())
    }

    fn tell(&self) {
        let (state, trouble) = (self.state.clone(), self.trouble.clone());
        let now = IndexStatus { state, filling: self.fill.as_ref().map(Fill::progress), trouble };
        self.status.send_if_modified(|before| {
            let changed = *before != now;
            *before = now;
            changed
        });
    }

    /// Lets searches see the latest commit.
    fn show(&mut self, current: &Current) -> tantivy::Result<()> {
        let latest = self.opened()?.latest(&current.get())?;
        current.set(latest);
        Ok(())
    }

    fn opened(&mut self) -> tantivy::Result<&mut Opened> {
        self.opened.as_mut().ok_or_else(|| TantivyError::InternalError("the index is not open".to_owned()))
    }

    /// Does something to the index. If that fails, the index is as after its last commit.
    fn attempt(
        &mut self,
        current: &Current,
        what: impl FnOnce(&mut Self) -> tantivy::Result<()>,
    ) -> tantivy::Result<()> {
        let done = catch_unwind(AssertUnwindSafe(|| {
            self.open_again(current)?;
            what(self)
        }));
        let done = done.unwrap_or_else(|_panic| Err(TantivyError::InternalError("the indexing panicked".to_owned())));
        if let Err(cause) = &done {
            tracing::error!(%cause, "the index takes nothing now; what was to be written comes again");
            self.trouble = Some(cause.to_string());
            self.undo();
            self.tell();
        }
        done
    }

    fn undo(&mut self) {
        self.written.clear();
        if let Some(fill) = &mut self.fill {
            fill.rolled_back();
        }
        let Some(opened) = &mut self.opened else { return };
        let undone = catch_unwind(AssertUnwindSafe(|| opened.writer.rollback()));
        if !matches!(undone, Ok(Ok(_))) {
            self.opened = None;
        }
    }

    /// Opens the index again where that is called for. One that has less than it had, for somebody has emptied its folder,
    /// is filled anew.
    fn open_again(&mut self, current: &Current) -> tantivy::Result<()> {
        if self.opened.is_some() {
            return Ok(());
        }
        let opened = Opened::at(&self.data).map_err(|cause| TantivyError::SystemError(format!("{cause:#}")));
        let (opened, snapshot, state) = opened?;
        let lost = state.commits < self.state.commits;
        self.opened = Some(opened);
        self.state = state;
        current.set(snapshot);
        tracing::info!(lost, "the index is open again");
        if lost {
            // Even if nothing can be written yet: that something was lost cannot be seen a second time.
            self.fill = self.group.clone().map(Fill::new);
            self.state.follows = None;
            self.commit_as(self.state.clone())?;
        }
        self.tell();
        Ok(())
    }
}
