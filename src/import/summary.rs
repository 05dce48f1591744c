//! What became of the lines of a file.

use std::fmt;
use std::time::Duration;

/// How many things said something new, and how many said what was known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub changed: usize,
    pub unchanged: usize,
}

impl Tally {
    pub(super) fn add(&mut self, changed: usize, unchanged: usize) {
        self.changed += changed;
        self.unchanged += unchanged;
    }
}

/// A line that did not land.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RejectedLine {
    pub line: u64,
    pub reason: String,
}

/// What became of a whole file.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub categories: Tally,
    pub locations: Tally,
    pub products: Tally,
    /// Variants, by their stock.
    pub stock: Tally,
    pub reviews: Tally,
    /// Lines whose texts held characters that nobody can see, and landed without them.
    pub tidied: usize,
    /// The first of the lines that were refused, in order.
    pub refusals: Vec<RejectedLine>,
    pub(super) refused: usize,
    pub took: Duration,
}

/// So many refusals are kept with their reasons; the rest is counted.
const REFUSALS_KEPT: usize = 1_000;

impl Summary {
    /// How many lines were refused.
    pub fn refused(&self) -> usize {
        self.refused
    }

    pub(super) fn refuse(&mut self, line: u64, reason: String) {
        self.refused += 1;
        if self.refusals.len() < REFUSALS_KEPT {
            self.refusals.push(RejectedLine { line, reason });
        }
    }

    /// Takes in what another part of the work has seen.
    pub(super) fn absorb(&mut self, other: Self) {
        for (mine, theirs) in [
            (&mut self.categories, other.categories),
            (&mut self.locations, other.locations),
            (&mut self.products, other.products),
            (&mut self.stock, other.stock),
            (&mut self.reviews, other.reviews),
        ] {
            mine.add(theirs.changed, theirs.unchanged);
        }
        self.refused += other.refused;
        self.tidied += other.tidied;
        self.refusals.extend(other.refusals);
        self.refusals.sort();
        self.refusals.truncate(REFUSALS_KEPT);
    }

    #[expect(clippy::print_stdout, reason = "the command's own words")]
    pub fn print(&self) {
        println!("{self}");
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for RejectedLine { line, reason } in &self.refusals {
            writeln!(f, "line {line}: {reason}")?;
        }
        if self.refused > self.refusals.len() {
            writeln!(f, "… and {} lines more", self.refused - self.refusals.len())?;
        }
        writeln!(f, "{:<12} {:>9} {:>9}", "", "changed", "unchanged")?;
        for (name, tally) in [
            ("categories", self.categories),
            ("locations", self.locations),
            ("products", self.products),
            ("stock", self.stock),
            ("reviews", self.reviews),
        ] {
            writeln!(f, "{name:<12} {:>9} {:>9}", tally.changed, tally.unchanged)?;
        }
        if self.tidied > 0 {
            writeln!(f, "tidied       {:>9} of characters that nobody can see", self.tidied)?;
        }
        write!(f, "refused      {:>9} in {:.1} s", self.refused, self.took.as_secs_f64())
    }
}
