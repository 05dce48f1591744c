//! Answers what a shopper asks.

mod correction;
mod facets;
mod highlight;
mod matching;
mod tally;
mod wording;

use kit::Result;
use tantivy::schema::Value;
use tantivy::{DocAddress, TantivyDocument};

pub use self::facets::{Facet, FacetKind, FacetValue};
use self::highlight::Highlighter;
use self::matching::Matching;
use self::tally::{Found, Tally};
use self::wording::Wording;
use crate::ask::{Ask, Key};
use crate::index::{Index, Snapshot};

/// What was found.
#[derive(Debug)]
pub struct Answer {
    pub hits: Vec<Hit>,
    pub facets: Vec<Facet>,
    /// How many products match, on all pages.
    pub total: u64,
    pub more: bool,
    /// What was looked for instead of the query.
    pub did_you_mean: Option<String>,
}

#[derive(Debug)]
pub struct Hit {
    pub key: Key,
    pub id: String,
    pub slug: String,
    pub title: String,
    pub highlight: Option<String>,
}

impl Answer {
    /// Answers from what can be searched now.
    pub async fn to(ask: Ask, index: &Index) -> Result<Self> {
        index.read(move |snapshot| Self::find(snapshot, &ask)).await
    }

    fn find(snapshot: &Snapshot, ask: &Ask) -> tantivy::Result<Self> {
        let (wording, did_you_mean, mut found) = widen(snapshot, ask)?;
        found.places.sort_unstable();
        let wanted = ask.page.first as usize;
        let more = found.places.len() > wanted;
        found.places.truncate(wanted);
        let highlighter = ask.highlights.then(|| Highlighter::new(&wording)).flatten();
        let hits = found.places.iter().map(|place| {
            let key = (ask.list(), place.rank, place.number);
            hit(snapshot, place.address, key, highlighter.as_ref())
        });
        Ok(Self {
            hits: hits.collect::<tantivy::Result<_>>()?,
            facets: if ask.facets { facets::count(snapshot, &ask.selection, &found) } else { Vec::new() },
            total: found.total,
            more,
            did_you_mean,
        })
    }
}

/// Asks for every word first, then for words that somebody uses, then for some of the words.
fn widen(snapshot: &Snapshot, ask: &Ask) -> tantivy::Result<(Wording, Option<String>, Found)> {
    let matching = Matching::new(snapshot);
    let tally = |query: &dyn tantivy::query::Query| snapshot.searcher.search(query, &Tally::new(snapshot, ask));
    if ask.browses() {
        return Ok((Wording::default(), None, tally(&*matching.everything())?));
    }
    let wording = Wording::read(&ask.query, &|stem| matching.uses(stem));
    let found = tally(&*matching.all(&wording))?;
    if found.matched > 0 || wording.is_empty() {
        return Ok((wording, None, found));
    }
    let corrected = correction::correct(snapshot, &matching, &wording)?;
    let wording = match &corrected {
        Some(corrected) => Wording::read(corrected, &|stem| matching.uses(stem)),
        None => wording,
    };
    let mut found = if corrected.is_some() { tally(&*matching.all(&wording))? } else { found };
    if found.matched == 0 && wording.units.len() > 1 {
        found = tally(&*matching.half(&wording))?;
    }
    let said = corrected.filter(|_| found.matched > 0);
    Ok((wording, said, found))
}

fn hit(snapshot: &Snapshot, address: DocAddress, key: Key, highlighter: Option<&Highlighter>) -> tantivy::Result<Hit> {
    let document: TantivyDocument = snapshot.searcher.doc(address)?;
    let text = |field| document.get_first(field).and_then(|value| value.as_str()).unwrap_or_default();
    let fields = &snapshot.fields;
    Ok(Hit {
        key,
        id: text(fields.id).to_owned(),
        slug: text(fields.slug).to_owned(),
        title: text(fields.title).to_owned(),
        highlight: highlighter.and_then(|highlighter| highlighter.snippet(text(fields.description))),
    })
}
