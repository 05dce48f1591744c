use async_graphql::Pos;

use crate::Refusal;

/// How many faults of one request are told.
const TOLD: usize = 20;

/// What is wrong with a request, found at once, so that nobody mends one thing to hear of the next.
#[derive(Debug, Default)]
pub struct Faults {
    found: Vec<Refusal>,
    /// Where in the document we are.
    place: Pos,
}

impl Faults {
    /// At this place of the document from now on.
    pub fn at(&mut self, place: Pos) {
        self.place = place;
    }

    /// Takes a fault up at the place where we are. What it says is asked for only while there is room.
    pub fn add(&mut self, fault: impl FnOnce() -> Refusal) {
        if self.found.len() < TOLD {
            self.found.push(fault().at(self.place));
        }
    }

    pub fn none(&self) -> bool {
        self.found.is_empty()
    }

    /// Those of another search beside our own.
    pub fn extend(&mut self, others: Self) {
        others.found.into_iter().for_each(|fault| self.add(|| fault));
    }

    /// The first in the document's order, with the others beside it.
    pub fn end(mut self) -> Result<(), Refusal> {
        self.found.sort_by_key(|fault| fault.location.map(|Pos { line, column }| (line, column)));
        let mut found = self.found.into_iter();
        let Some(first) = found.next() else { return Ok(()) };
        Err(Refusal { others: found.collect(), ..first })
    }
}
