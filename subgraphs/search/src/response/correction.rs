//! What a shopper may have meant by a word that no product uses.

use std::cmp::Reverse;
use std::collections::HashMap;

use tantivy::Term;
use tantivy::query::FuzzyTermQuery;

use super::matching::Matching;
use super::parsed_query::{ParsedQuery, Typed};
use crate::index::Snapshot;

/// A shorter word is one slip away from too many others.
const SHORTEST: usize = 4;
/// From this length on two slips are forgiven.
const LONG: usize = 8;
/// A longer word is none that somebody has mistyped.
const LONGEST: usize = 24;
/// So many unknown words are corrected, the first ones. Each is compared with every word of the catalogue, and who types more
/// of them speaks another language.
const MOST_CORRECTED: usize = 3;

/// The query with its unknown words replaced by the nearest known ones, if any was.
pub fn correct(snapshot: &Snapshot, matching: &Matching, wording: &ParsedQuery) -> tantivy::Result<Option<String>> {
    let (mut changed, mut unknown) = (false, 0);
    let mut words = Vec::with_capacity(wording.typed.len());
    for word in &wording.typed {
        let nearest = if known(matching, word) || unknown == MOST_CORRECTED {
            None
        } else {
            unknown += 1;
            nearest(snapshot, &word.plain)?
        };
        changed |= nearest.is_some();
        words.push(nearest.unwrap_or_else(|| word.plain.clone()));
    }
    Ok(changed.then(|| words.join(" ")))
}

fn known(matching: &Matching, word: &Typed) -> bool {
    word.is_code() || matching.uses(&word.stem)
}

/// The word with the fewest differences; among these the one that most products use.
fn nearest(snapshot: &Snapshot, word: &str) -> tantivy::Result<Option<String>> {
    let length = word.chars().count();
    if !(SHORTEST..=LONGEST).contains(&length) {
        return Ok(None);
    }
    for slips in 1..=if length < LONG { 1 } else { 2 } {
        let candidates = within(snapshot, word, slips)?;
        let best = candidates.into_iter().min_by_key(|(text, products)| (Reverse(*products), text.clone()));
        if let Some((text, _)) = best {
            return Ok(Some(text));
        }
    }
    Ok(None)
}

fn within(snapshot: &Snapshot, word: &str, slips: u8) -> tantivy::Result<HashMap<String, u64>> {
    let field = snapshot.fields.plain;
    let query = FuzzyTermQuery::new(Term::from_field_text(field, word), slips, true);
    let mut found: HashMap<String, u64> = HashMap::new();
    for segment in snapshot.searcher.segment_readers() {
        let inverted = segment.inverted_index(field)?;
        let mut terms = inverted.terms().search(query.automaton()?).into_stream()?;
        while let Some((term, info)) = terms.next() {
            // A part of a code is no word that was meant.
            if let Ok(term) = std::str::from_utf8(term)
                && term.chars().all(char::is_alphabetic)
            {
                *found.entry(term.to_owned()).or_default() += u64::from(info.doc_freq);
            }
        }
    }
    Ok(found)
}
