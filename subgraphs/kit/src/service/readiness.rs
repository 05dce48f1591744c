//! What has to be so, beyond what every role needs, before a replica can serve.

use std::sync::Arc;

/// Whether a replica can serve, as far as one of its parts can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    Ready,
    /// It can serve, and this is worth knowing.
    ReadyBut(String),
    /// It cannot serve, and why.
    NotReady(String),
}

type Check = Arc<dyn Fn() -> Readiness + Send + Sync>;

/// What is asked each time that somebody asks whether the replica is ready. It answers at once.
#[derive(Clone, Default)]
pub(super) struct Checks(Vec<Check>);

impl Checks {
    pub fn add(&mut self, check: impl Fn() -> Readiness + Send + Sync + 'static) {
        self.0.push(Arc::new(check));
    }

    /// A line for each thing that is worth knowing, or why the replica cannot serve.
    pub fn judge(&self) -> Result<String, String> {
        let mut remarks = String::new();
        for check in &self.0 {
            match check() {
                Readiness::Ready => {}
                Readiness::ReadyBut(what) => remarks.extend([what.as_str(), "\n"]),
                Readiness::NotReady(why) => return Err(why),
            }
        }
        Ok(remarks)
    }
}
