//! What a run found.

use std::time::Duration;

/// Figures line by line, and every rule that did not hold.
#[derive(Debug, Default)]
pub struct Report {
    violations: Vec<String>,
    held: usize,
}

impl Report {
    #[expect(clippy::print_stdout, reason = "figures are for whoever runs this")]
    pub fn say(&self, line: impl std::fmt::Display) {
        println!("{line}");
    }

    /// Notes how one case ended.
    pub fn case(&mut self, name: &str, settled: Result<Duration, Vec<String>>, violations: Vec<String>) {
        let open = settled.as_ref().err().cloned().unwrap_or_default();
        let took = settled.map_or_else(|_| "did not settle".to_owned(), |took| format!("{:.1} s", took.as_secs_f64()));
        self.say(format!("{name:<58} settled in {took:<8} violations {}", violations.len()));
        if violations.is_empty() && open.is_empty() {
            self.held += 1;
        }
        for violation in open.into_iter().map(|open| format!("still open: {open}")).chain(violations) {
            self.violation(format!("{name}: {violation}"));
        }
    }

    pub fn violation(&mut self, what: String) {
        self.say(format!("  VIOLATION {what}"));
        self.violations.push(what);
    }

    pub fn merge(&mut self, other: Self) {
        self.held += other.held;
        self.violations.extend(other.violations);
    }

    pub fn violations(&self) -> &[String] {
        &self.violations
    }

    /// The closing line of a run.
    pub fn close(&self, what: &str) {
        self.say(format!("{what}: {} cases held, {} violations", self.held, self.violations.len()));
    }
}
