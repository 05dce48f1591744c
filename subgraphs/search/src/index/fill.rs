//! The whole catalogue on its way into the index.
//!
//! Every product is written anew once, whatever was there, so that in the end the index is what the catalogue says: what a
//! copy of another folder, an older state or a mended program had left is gone. What the catalogue did not name is removed.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::status::Filling;
use crate::product::Part;

pub struct Fill {
    request: String,
    /// The group in which every change is heard meanwhile.
    group: String,
    /// The version of each product that has come since, as far as it is committed.
    heard: HashMap<String, u64>,
    runs: HashMap<String, Run>,
    /// Parts whose products are not committed yet.
    uncommitted: Vec<(String, u32)>,
}

#[derive(Default)]
struct Run {
    parts: HashSet<u32>,
    last: Option<u32>,
    total: u64,
}

impl Run {
    fn is_whole(&self) -> bool {
        self.last.is_some_and(|last| self.parts.len() as u64 == u64::from(last) + 1)
    }
}

impl Fill {
    pub fn new(group: String) -> Self {
        Self {
            request: Uuid::now_v7().to_string(),
            group,
            heard: HashMap::new(),
            runs: HashMap::new(),
            uncommitted: Vec::new(),
        }
    }

    pub fn group(&self) -> &str {
        &self.group
    }

    pub fn is_answered_by(&self, part: &Part) -> bool {
        part.requests.contains(&self.request)
    }

    /// Takes note of a part of an answer to it, whose products are about to be committed.
    pub fn note(&mut self, part: &Part) {
        let run = self.runs.entry(part.run.clone()).or_default();
        run.total = part.total;
        if part.last {
            run.last = Some(part.part);
        }
        if run.parts.insert(part.part) {
            self.uncommitted.push((part.run.clone(), part.part));
        }
    }

    pub fn version(&self, product: &str) -> Option<u64> {
        self.heard.get(product).copied()
    }

    /// Whether every part of one answer has come, those that are not committed yet among them.
    pub fn is_whole(&self) -> bool {
        self.runs.values().any(Run::is_whole)
    }

    pub fn committed(&mut self, written: impl IntoIterator<Item = (String, u64)>) {
        self.heard.extend(written);
        self.uncommitted.clear();
    }

    /// What was not committed comes again.
    pub fn rolled_back(&mut self) {
        for (run, part) in self.uncommitted.drain(..) {
            if let Some(run) = self.runs.get_mut(&run) {
                run.parts.remove(&part);
            }
        }
    }

    pub fn progress(&self) -> Filling {
        let total = self.runs.values().map(|run| run.total.max(self.heard.len() as u64)).max();
        let parts = self.runs.values().map(|run| run.parts.len()).sum();
        Filling { request: self.request.clone(), heard: self.heard.len() as u64, parts, total }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(fill: &Fill, part: u32, last: bool) -> Part {
        Part { run: "a".to_owned(), requests: vec![fill.request.clone()], part, last, total: 500 }
    }

    #[test]
    fn an_answer_is_whole_when_each_part_has_come_in_whatever_order() {
        let mut fill = Fill::new("search@a".to_owned());
        for (at, last, whole) in [(2, true, false), (0, false, false), (0, false, false), (1, false, true)] {
            let next = part(&fill, at, last);
            assert!(fill.is_answered_by(&next));
            fill.note(&next);
            assert_eq!(fill.is_whole(), whole, "after part {at}");
        }
    }

    #[test]
    fn a_part_that_was_not_committed_has_not_come() {
        let mut fill = Fill::new("search@a".to_owned());
        let (first, second) = (part(&fill, 0, false), part(&fill, 1, true));
        fill.note(&first);
        fill.committed([("prod_a".to_owned(), 3)]);
        for next in [&first, &second] {
            fill.note(next);
        }
        fill.rolled_back();
        assert!(!fill.is_whole());
        assert_eq!((fill.version("prod_a"), fill.progress().total), (Some(3), Some(500)));
        fill.note(&second);
        assert!(fill.is_whole());
    }
}
