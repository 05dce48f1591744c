//! An index that is open: its writer, and a reader that sees what was committed.

use std::path::Path;

use tantivy::merge_policy::LogMergePolicy;
use tantivy::{IndexReader, IndexWriter, ReloadPolicy};

use super::status::State;
use super::{Fields, Snapshot, folder};

const MEMORY_PER_THREAD: usize = 64 << 20;
const MOST_THREADS: usize = 4;
/// Segments of like size that are merged into one: each search looks into each segment.
const MERGE_AT: usize = 4;

pub struct Opened {
    pub writer: IndexWriter,
    pub fields: Fields,
    reader: IndexReader,
}

impl Opened {
    /// Opens the index under `data`. Gives what can be searched in it, and how it was left.
    pub fn at(data: &Path) -> anyhow::Result<(Self, Snapshot, State)> {
        folder::open_or_rebuild(data, |index| {
            let fields = Fields::of(&index.schema());
            let writer = writer(&index)?;
            let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
            let snapshot = Snapshot::new(reader.searcher(), fields, None)?;
            let state = State::of(&index, snapshot.searcher.num_docs())?;
            Ok((Self { writer, fields, reader }, snapshot, state))
        })
    }

    pub fn commit(&mut self, state: &State) -> tantivy::Result<()> {
        let mut prepared = self.writer.prepare_commit()?;
        prepared.set_payload(&state.payload());
        prepared.commit()?;
        Ok(())
    }

    /// What the latest commit has, which came after this one.
    pub fn latest(&self, before: &Snapshot) -> tantivy::Result<Snapshot> {
        self.reader.reload()?;
        Snapshot::new(self.reader.searcher(), self.fields, Some(before))
    }
}

fn writer(index: &tantivy::Index) -> tantivy::Result<IndexWriter> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(MOST_THREADS);
    let writer: IndexWriter = index.writer_with_num_threads(threads, threads * MEMORY_PER_THREAD)?;
    let mut merging = LogMergePolicy::default();
    merging.set_min_num_segments(MERGE_AT);
    writer.set_merge_policy(Box::new(merging));
    Ok(writer)
}
