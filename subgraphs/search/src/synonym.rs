//! Phrases that mean one thing to a shopper.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::words::{chunks, stem};

/// A phrase as the stems of its words.
pub type Phrase = Vec<String>;

static GROUPS: LazyLock<Synonyms> = LazyLock::new(|| Synonyms::read(include_str!("synonyms.txt")));

pub struct Synonyms {
    others: HashMap<Phrase, Vec<Phrase>>,
    longest: usize,
}

impl Synonyms {
    pub fn get() -> &'static Self {
        &GROUPS
    }

    fn read(text: &str) -> Self {
        let mut others: HashMap<Phrase, Vec<Phrase>> = HashMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let group: Vec<Phrase> = line.split(',').map(phrase).filter(|phrase| !phrase.is_empty()).collect();
            for one in &group {
                let rest = group.iter().filter(|other| *other != one).cloned();
                others.entry(one.clone()).or_default().extend(rest);
            }
        }
        let longest = others.keys().map(Vec::len).max().unwrap_or(0);
        Self { others, longest }
    }

    /// The longest phrase at the start of `stems` that has synonyms: how many words it takes, and what else says it.
    pub fn at_start_of(&self, stems: &[String]) -> Option<(usize, &[Phrase])> {
        let lengths = (1..=self.longest.min(stems.len())).rev();
        lengths.into_iter().find_map(|length| Some((length, self.others.get(&stems[..length])?.as_slice())))
    }
}

fn phrase(text: &str) -> Phrase {
    chunks(text).iter().flat_map(|chunk| &chunk.parts).map(|part| stem(&text[part.clone()])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_phrase_wins() {
        let synonyms = Synonyms::read("# a comment\nphone, handset\nmobile phone, cellphone\n");
        let stems = phrase("mobile phones black");
        let (taken, others) = synonyms.at_start_of(&stems).expect("a synonym");
        assert_eq!((taken, others), (2, &[phrase("cellphone")][..]));
        assert!(synonyms.at_start_of(&phrase("black")).is_none());
    }

    #[test]
    fn the_list_reads() {
        assert!(Synonyms::get().at_start_of(&phrase("laptop")).is_some());
    }
}
