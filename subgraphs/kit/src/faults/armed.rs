//! Points that can be armed. A folder says which: a file `armed/ROLE@POINT` whose text is `kill`, `pause` or `twice`
//! makes the next process of that role to reach the point do so, once. It moves to `fired/` and then names the process.
//! `reached/` has a file for each point that was passed, armed or not.

use std::cell::Cell;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use rustix::process::{Signal, getpid, kill_process};

struct Here {
    folder: PathBuf,
    role: String,
    reached: Mutex<HashSet<&'static str>>,
}

static HERE: OnceLock<Here> = OnceLock::new();

tokio::task_local! {
    static AGAIN: Cell<bool>;
}

/// From now on points can be armed in `folder`.
pub fn init(folder: PathBuf, role: &str) -> std::io::Result<()> {
    for part in ["armed", "fired", "reached"] {
        std::fs::create_dir_all(folder.join(part))?;
    }
    HERE.get_or_init(|| Here { folder, role: role.to_owned(), reached: Mutex::default() });
    Ok(())
}

/// Passes a point, or does there what it is armed for.
pub fn reach(point: &'static str) {
    let Some(here) = HERE.get() else { return };
    let name = format!("{}@{point}", here.role);
    if here.reached.lock().unwrap_or_else(PoisonError::into_inner).insert(point) {
        // Only a report: a run that cannot write it fails for want of it.
        let _told = std::fs::write(here.folder.join("reached").join(&name), "");
    }
    let (armed, fired) = (here.folder.join("armed").join(&name), here.folder.join("fired").join(&name));
    if std::fs::rename(armed, &fired).is_err() {
        return;
    }
    let mode = std::fs::read_to_string(&fired).unwrap_or_default();
    let _told = std::fs::write(&fired, getpid().as_raw_nonzero().to_string());
    let sent = match mode.trim() {
        "kill" => kill_process(getpid(), Signal::KILL),
        "pause" => kill_process(getpid(), Signal::STOP),
        _ => {
            // Outside a piece of work that can be done again, passing the point is all there is to it.
            let _outside = AGAIN.try_with(|again| again.set(true));
            Ok(())
        }
    };
    if let Err(cause) = sent {
        tracing::error!(%cause, point, "the point was reached and nothing happened");
    }
}

/// Does `what`, and again if a point on the way was armed to have it done twice.
pub async fn twice<F: Future>(what: impl Fn() -> F) -> F::Output {
    AGAIN
        .scope(Cell::new(false), async {
            let done = what().await;
            if AGAIN.with(Cell::take) { what().await } else { done }
        })
        .await
}
