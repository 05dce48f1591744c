//! The folder of an index: opened, begun, or set aside when what is there can never be read.

use std::path::{Path, PathBuf};

use anyhow::Context;
use tantivy::TantivyError;
use tantivy::directory::MmapDirectory;
use tantivy::directory::error::{LockError, OpenReadError};

use super::Fields;
use crate::words;

/// Names the folder. Grows when the same fields are filled differently; a change of the fields is noticed by itself.
const FORMAT: u32 = 2;

/// Opens the index under `data`, empty if there is none that this program can read; `open` says what it takes to read it.
pub fn open_or_rebuild<T>(data: &Path, open: impl Fn(tantivy::Index) -> tantivy::Result<T>) -> anyhow::Result<T> {
    let folder = data.join(format!("index-{FORMAT}"));
    remove_other_formats(data, &folder)?;
    let opened = || index_in(&folder).and_then(&open);
    match opened() {
        Ok(opened) => Ok(opened),
        Err(cause) if is_broken(&cause) => {
            let aside = set_aside(data, &folder)?;
            tracing::error!(%cause, aside = %aside.display(), "the index is broken: it is set aside and built anew");
            opened().with_context(|| format!("no index can be made in {}", folder.display()))
        }
        Err(cause @ TantivyError::LockFailure(LockError::LockBusy, _)) => Err(cause).with_context(|| {
            let data = data.display();
            format!(
                "another process has the index in {data}: give each replica of search a `data` folder of its own, in its \
                 configuration, as MERCATO_DATA or --data"
            )
        }),
        Err(cause) => Err(cause).with_context(|| format!("the index in {} cannot be opened", folder.display())),
    }
}

/// Whether what is there is no index that we could ever read. A disk that does not answer, a file that may not be opened or
/// a process with too many open ones say nothing of the index.
fn is_broken(cause: &TantivyError) -> bool {
    matches!(
        cause,
        TantivyError::DataCorruption(_)
            | TantivyError::SchemaError(_)
            | TantivyError::IncompatibleIndex(_)
            | TantivyError::DeserializeError(_)
            | TantivyError::OpenReadError(OpenReadError::FileDoesNotExist(_) | OpenReadError::IncompatibleIndex(_))
    )
}

/// Keeps a broken index for whoever wants to know, in the place of the last one.
fn set_aside(data: &Path, folder: &Path) -> std::io::Result<PathBuf> {
    let aside = data.join("broken-index");
    if aside.exists() {
        std::fs::remove_dir_all(&aside)?;
    }
    std::fs::rename(folder, &aside)?;
    Ok(aside)
}

fn index_in(folder: &Path) -> tantivy::Result<tantivy::Index> {
    std::fs::create_dir_all(folder)?;
    let (schema, _) = Fields::schema();
    let index = tantivy::Index::open_or_create(MmapDirectory::open(folder)?, schema)?;
    index.tokenizers().register(words::STEMS, words::stems());
    index.tokenizers().register(words::PLAIN, words::plains());
    Ok(index)
}

fn remove_other_formats(data: &Path, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(data)?;
    for entry in std::fs::read_dir(data)? {
        let path = entry?.path();
        let is_index = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("index-"));
        if is_index && path != folder {
            std::fs::remove_dir_all(&path)?;
        }
    }
    Ok(())
}
