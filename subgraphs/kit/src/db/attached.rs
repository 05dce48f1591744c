//! What others attach to a database: state of theirs, and what is to happen after a commit. The database knows neither.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Runs once the transaction that it belongs to is on disk.
pub(super) type AfterCommit = Box<dyn FnOnce() + Send>;

/// State of others, one value of each type, shared by all clones of a database and by its transactions.
#[derive(Default)]
pub(super) struct Attached {
    values: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
    /// Held while the hooks of one transaction run, so that those of two do not mix.
    running: Mutex<()>,
}

impl Attached {
    /// The value of this type. The first to ask for it makes it.
    pub(super) fn get<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let mut values = lock(&self.values);
        let value = values.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default()));
        Arc::clone(value).downcast().expect("a value stands under its own type")
    }

    /// Runs what a transaction has left to do, in the order in which it was left.
    pub(super) fn run(&self, hooks: Vec<AfterCommit>) {
        let _running = lock(&self.running);
        for hook in hooks {
            hook();
        }
    }
}

impl fmt::Debug for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attached").finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
