//! A parsed query: what its words may mean.

use std::collections::BTreeSet;

use crate::synonym::Synonyms;
use crate::words::{chunks, code, kinds, plain, stem};

/// Words beyond this many are ignored.
const MOST_WORDS: usize = 16;

/// Words that say nothing in a query, unless it has no others.
const EMPTY_WORDS: [&str; 22] = [
    "a", "an", "and", "are", "as", "at", "by", "for", "from", "in", "is", "it", "my", "not", "of", "on", "or", "that",
    "the", "this", "to", "with",
];

/// A query as units, each of which must match.
#[derive(Debug, Default)]
pub struct ParsedQuery {
    pub units: Vec<Unit>,
    /// The words in order, as they are typed but for case and accents.
    pub typed: Vec<Typed>,
    /// The whole query as a code.
    pub code: String,
}

/// A unit: one thing that is searched for, with its alternatives.
#[derive(Debug, PartialEq, Eq)]
pub struct Unit {
    pub alternatives: Vec<Alternative>,
}

/// Words that must all be found.
#[derive(Debug, PartialEq, Eq)]
pub struct Alternative {
    pub stems: Vec<String>,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The words as typed, in any place.
    Said,
    /// The words as typed, next to each other.
    SaidTogether,
    /// A synonym, its words next to each other.
    Synonym,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    pub plain: String,
    pub stem: String,
    /// Other ways to write it: the parts of a code.
    others: Vec<Vec<String>>,
}

impl ParsedQuery {
    /// `uses` says whether any product uses a word.
    pub fn read(query: &str, uses: &dyn Fn(&str) -> bool) -> Self {
        let mut typed: Vec<Typed> = chunks(query)
            .iter()
            .map(|chunk| Typed::read(chunk.parts.iter().map(|part| &query[part.clone()]).collect()))
            .collect();
        if typed.iter().any(|word| !word.is_empty_word()) {
            typed.retain(|word| !word.is_empty_word());
        }
        typed.truncate(MOST_WORDS);
        Self { units: units(&typed, uses), typed, code: code(query) }
    }

    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// Every stem that a match may contain.
    pub fn stems(&self) -> BTreeSet<&str> {
        let alternatives = self.units.iter().flat_map(|unit| &unit.alternatives);
        alternatives.flat_map(|alternative| &alternative.stems).map(String::as_str).collect()
    }
}

impl Typed {
    fn read(parts: Vec<&str>) -> Self {
        let whole = parts.concat();
        let stems = |words: &[&str]| -> Vec<String> { words.iter().map(|word| stem(word)).collect() };
        let mut others = Vec::new();
        if let [word] = parts[..] {
            let kinds: Vec<&str> = kinds(word).into_iter().map(|kind| &word[kind]).collect();
            others.extend((!kinds.is_empty()).then(|| stems(&kinds)));
        } else {
            others.push(stems(&parts));
        }
        Self { plain: plain(&whole), stem: stem(&whole), others }
    }

    /// Whether it has parts or digits, which nobody can guess.
    pub fn is_code(&self) -> bool {
        !self.others.is_empty() || self.plain.chars().any(char::is_numeric)
    }

    fn is_empty_word(&self) -> bool {
        EMPTY_WORDS.contains(&self.plain.as_str())
    }
}

fn units(typed: &[Typed], uses: &dyn Fn(&str) -> bool) -> Vec<Unit> {
    let stems: Vec<String> = typed.iter().map(|word| word.stem.clone()).collect();
    let mut units = Vec::new();
    let mut at = 0;
    while let Some(word) = typed.get(at) {
        let (taken, unit) =
            phrase(&stems[at..]).or_else(|| pair(&typed[at..], uses)).unwrap_or_else(|| (1, single(word)));
        units.push(unit);
        at += taken;
    }
    units
}

fn said(stems: Vec<String>) -> Alternative {
    Alternative { stems, kind: Kind::Said }
}

/// Words that have synonyms.
fn phrase(stems: &[String]) -> Option<(usize, Unit)> {
    let (taken, others) = Synonyms::get().at_start_of(stems)?;
    let own = std::iter::once(said(stems[..taken].to_vec()));
    let others = others.iter().cloned().map(|stems| Alternative { stems, kind: Kind::Synonym });
    Some((taken, Unit { alternatives: own.chain(others).collect() }))
}

/// Two words that products write as one: `head set`.
fn pair(typed: &[Typed], uses: &dyn Fn(&str) -> bool) -> Option<(usize, Unit)> {
    let [first, second, ..] = typed else { return None };
    let joined = stem(&format!("{}{}", first.plain, second.plain));
    let lettered = |word: &Typed| word.others.is_empty() && word.plain.chars().count() > 1;
    let fits = lettered(first) && lettered(second) && uses(&joined);
    fits.then(|| {
        // Were they found apart, a styling head with a hair set would be a headset.
        let apart = Alternative { stems: vec![first.stem.clone(), second.stem.clone()], kind: Kind::SaidTogether };
        (2, Unit { alternatives: vec![apart, said(vec![joined])] })
    })
}

fn single(word: &Typed) -> Unit {
    let own = std::iter::once(said(vec![word.stem.clone()]));
    Unit { alternatives: own.chain(word.others.iter().cloned().map(said)).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(query: &str) -> Vec<String> {
        let wording = ParsedQuery::read(query, &|stem| stem == "headset");
        let ways = |unit: &Unit| -> Vec<String> {
            unit.alternatives.iter().map(|alternative| alternative.stems.join(" ")).collect()
        };
        wording.units.iter().map(|unit| ways(unit).join(" | ")).collect()
    }

    #[test]
    fn a_code_is_asked_for_as_a_whole_and_by_its_parts() {
        assert_eq!(shown("dv7-1211ea"), ["dv71211ea | dv7 1211ea"]);
        assert_eq!(shown("16gb"), ["16gb | 16 gb"]);
    }

    #[test]
    fn words_that_products_write_as_one_are_asked_for_so_too() {
        assert_eq!(shown("head set black"), ["head set | headset", "black"]);
        assert_eq!(shown("black head"), ["black", "head"]);
    }

    #[test]
    fn a_synonym_is_another_way_to_say_it() {
        assert_eq!(shown("new laptops"), ["new", "laptop | notebook"]);
    }

    #[test]
    fn empty_words_count_only_alone() {
        assert_eq!(shown("a keyboard for the desk"), ["keyboard", "desk"]);
        assert_eq!(shown("AND OR NOT"), ["and", "or", "not"]);
    }

    #[test]
    fn no_query_is_an_error() {
        assert!(ParsedQuery::read("\"((( + - ~*", &|_| true).is_empty());
        assert_eq!(ParsedQuery::read(&"word ".repeat(2_000), &|_| false).units.len(), MOST_WORDS);
    }
}
