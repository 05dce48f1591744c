//! What goes on beside what a service answers: started again when it ends, with its failures told.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// After so many ends in a row a task counts as failing: the next start may well end too.
const FAILING: u32 = 3;
/// What has run for so long has recovered.
const RECOVERED: Duration = Duration::from_secs(60);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Something that goes on until the service stops.
pub(super) struct Task {
    start: Box<dyn Fn() -> Running + Send + Sync>,
    state: Arc<TaskState>,
}

/// How a task fares.
pub(super) struct TaskState {
    pub name: String,
    restarts: AtomicU64,
    ends: Mutex<Ends>,
}

#[derive(Default)]
struct Ends {
    in_a_row: u32,
    last: Option<Instant>,
}

impl Task {
    pub fn new<F: Future<Output = ()> + Send + 'static>(
        name: impl Into<String>,
        start: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self {
        let state = TaskState { name: name.into(), restarts: AtomicU64::new(0), ends: Mutex::default() };
        Self { start: Box::new(move || Box::pin(start())), state: Arc::new(state) }
    }

    pub fn state(&self) -> Arc<TaskState> {
        Arc::clone(&self.state)
    }

    /// Runs it, again and again, until told to stop. A task watches the same token.
    pub async fn supervise(self, stop: CancellationToken) {
        loop {
            let began = Instant::now();
            let ended = AssertUnwindSafe((self.start)()).catch_unwind().await;
            if stop.is_cancelled() {
                return;
            }
            let pause = self.state.has_ended(began);
            let cause = ended.err().map_or_else(|| "it returned".to_owned(), |panic| told(&*panic));
            tracing::error!(task = self.state.name, cause, "a task has ended, and is started again");
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}

impl TaskState {
    /// How often it was started again.
    pub fn restarts(&self) -> u64 {
        self.restarts.load(Ordering::Relaxed)
    }

    /// Whether it ends as soon as it is started.
    pub fn is_failing(&self) -> bool {
        let ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        ends.in_a_row >= FAILING && ends.last.is_some_and(|last| last.elapsed() < RECOVERED + LONGEST_PAUSE)
    }

    /// Notes an end, and gives the pause before the next start.
    fn has_ended(&self, began: Instant) -> Duration {
        self.restarts.fetch_add(1, Ordering::Relaxed);
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        ends.in_a_row = if began.elapsed() < RECOVERED { ends.in_a_row.saturating_add(1) } else { 1 };
        ends.last = Some(Instant::now());
        let doublings = (ends.in_a_row - 1).min(16);
        FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE)
    }
}

fn told(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("it panicked: {}", text.as_deref().unwrap_or("without a text"))
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_is_started_again_and_counted() {
        let (started, mut starts) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let watched = stop.clone();
        let task = Task::new("lamp", move || {
            let (started, watched) = (started.clone(), watched.clone());
            async move {
                started.send(()).expect("the test listens");
                assert!(watched.is_cancelled(), "no light");
            }
        });
        let state = task.state();
        let supervised = tokio::spawn(task.supervise(stop.clone()));
        assert!(!state.is_failing());
        for _ in 0..4 {
            starts.recv().await.expect("it is started again");
        }
        assert!(state.restarts() >= 3 && state.is_failing());
        stop.cancel();
        supervised.await.expect("it ends with the service");
    }

    #[test]
    fn each_end_in_a_row_is_followed_by_a_longer_pause_up_to_half_a_minute() {
        let state = TaskState { name: "lamp".to_owned(), restarts: AtomicU64::new(0), ends: Mutex::default() };
        let pauses: Vec<u128> = (0..12).map(|_| state.has_ended(Instant::now()).as_millis()).collect();
        assert_eq!(pauses[..4], [100, 200, 400, 800]);
        assert_eq!(pauses[11], 30_000);
    }
}
