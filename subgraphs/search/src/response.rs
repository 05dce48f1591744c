//! Finds the answer to a search request.

mod correction;
mod facet_collector;
mod facets;
mod highlight;
mod matching;
mod parsed_query;

use kit::Result;
use tantivy::schema::Value;
use tantivy::{DocAddress, TantivyDocument};

use self::facet_collector::{FacetCollector, Found};
pub use self::facets::{Facet, FacetKind, FacetValue};
use self::highlight::Highlighter;
use self::matching::Matching;
use self::parsed_query::ParsedQuery;
use crate::index::{Index, Snapshot};
use crate::request::{Key, SearchRequest};

/// The answer to a search request.
#[derive(Debug)]
pub struct SearchResponse {
    pub hits: Vec<Hit>,
    pub facets: Vec<Facet>,
    /// How many products match, on all pages.
    pub total: u64,
    pub more: bool,
    /// The corrected query that was searched for instead.
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

impl SearchResponse {
    /// Searches the current snapshot of the index.
    pub async fn to(request: SearchRequest, index: &Index) -> Result<Self> {
        index.read(move |snapshot| Self::find(snapshot, &request)).await
    }

    fn find(snapshot: &Snapshot, request: &SearchRequest) -> tantivy::Result<Self> {
        let (wording, did_you_mean, mut found) = widen(snapshot, request)?;
        found.places.sort_unstable();
        let wanted = request.page.first as usize;
        let more = found.places.len() > wanted;
        found.places.truncate(wanted);
        let highlighter = request.highlights.then(|| Highlighter::new(&wording)).flatten();
        let hits = found.places.iter().map(|place| {
            let key = (request.list(), place.rank, place.number);
            hit(snapshot, place.address, key, highlighter.as_ref())
        });
        Ok(Self {
            hits: hits.collect::<tantivy::Result<_>>()?,
            facets: if request.facets { facets::count(snapshot, &request.selection, &found) } else { Vec::new() },
            total: found.total,
            more,
            did_you_mean,
        })
    }
}

/// Searches for all words; if that finds nothing, for the corrected words, then for at least half of them.
fn widen(snapshot: &Snapshot, request: &SearchRequest) -> tantivy::Result<(ParsedQuery, Option<String>, Found)> {
    let matching = Matching::new(snapshot);
    let tally =
        |query: &dyn tantivy::query::Query| snapshot.searcher.search(query, &FacetCollector::new(snapshot, request));
    if request.browses() {
        return Ok((ParsedQuery::default(), None, tally(&*matching.everything())?));
    }
    let wording = ParsedQuery::read(&request.query, &|stem| matching.uses(stem));
    let found = tally(&*matching.all(&wording))?;
    if found.matched > 0 || wording.is_empty() {
        return Ok((wording, None, found));
    }
    let corrected = correction::correct(snapshot, &matching, &wording)?;
    let wording = match &corrected {
        Some(corrected) => ParsedQuery::read(corrected, &|stem| matching.uses(stem)),
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
