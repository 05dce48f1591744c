//! Which products match a parsed query, and how well.

use tantivy::Term;
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, EmptyQuery, Occur, PhraseQuery, Query, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use super::parsed_query::{Alternative, Kind, ParsedQuery, Unit};
use crate::index::Snapshot;

/// The weight of a word in each field. Fields that name a product weigh more than those that describe it.
const TITLE: f32 = 3.0;
const CATEGORY: f32 = 3.0;
const BRAND: f32 = 2.0;
const SECTION: f32 = 0.5;
const ATTRIBUTES: f32 = 0.7;
const DESCRIPTION: f32 = 1.0;
/// How much the fields beside the best one add.
const ALSO: f32 = 0.3;
/// The weight of a synonym relative to the word itself.
const SYNONYM: f32 = 0.8;
/// What it adds when words that stand together in the query do so in the title or in the category's name.
const TOGETHER: f32 = 1.5;
/// An article number leaves no doubt.
const CODE: f32 = 1_000.0;

pub struct Matching<'a> {
    snapshot: &'a Snapshot,
    worth: [(Field, f32); 6],
}

impl<'a> Matching<'a> {
    pub fn new(snapshot: &'a Snapshot) -> Self {
        let fields = &snapshot.fields;
        let worth = [
            (fields.title, TITLE),
            (fields.category, CATEGORY),
            (fields.brand_words, BRAND),
            (fields.section, SECTION),
            (fields.attributes, ATTRIBUTES),
            (fields.description, DESCRIPTION),
        ];
        Self { snapshot, worth }
    }

    /// Whether any product uses a word. What cannot be read is taken as used: the search itself will tell.
    pub fn uses(&self, stem: &str) -> bool {
        let used = |&(field, _): &(Field, f32)| {
            let term = Term::from_field_text(field, stem);
            self.snapshot.searcher.doc_freq(&term).map_or(true, |products| products > 0)
        };
        self.worth.iter().any(used)
    }

    /// All products.
    pub fn everything(&self) -> Box<dyn Query> {
        Box::new(TermQuery::new(Term::from_field_bool(self.snapshot.fields.live, true), IndexRecordOption::Basic))
    }

    /// Products that have every unit, or the article number that the query is.
    pub fn all(&self, wording: &ParsedQuery) -> Box<dyn Query> {
        if wording.is_empty() {
            return Box::new(EmptyQuery);
        }
        let mut clauses = self.units(Occur::Must, wording);
        clauses.extend(self.neighbours(wording).map(|query| (Occur::Should, query)));
        let code = Term::from_field_text(self.snapshot.fields.codes, &wording.code);
        let code = ConstScoreQuery::new(Box::new(TermQuery::new(code, IndexRecordOption::Basic)), CODE);
        Box::new(BooleanQuery::union(vec![Box::new(BooleanQuery::new(clauses)), Box::new(code)]))
    }

    /// Products that have at least half of the units.
    pub fn half(&self, wording: &ParsedQuery) -> Box<dyn Query> {
        let clauses = self.units(Occur::Should, wording);
        let least = clauses.len().div_ceil(2);
        Box::new(BooleanQuery::with_minimum_required_clauses(clauses, least))
    }

    fn units(&self, occur: Occur, wording: &ParsedQuery) -> Vec<(Occur, Box<dyn Query>)> {
        wording.units.iter().map(|unit| (occur, self.unit(unit))).collect()
    }

    fn unit(&self, unit: &Unit) -> Box<dyn Query> {
        let own = unit.alternatives.first().map_or(1.0, |own| self.rarity(&own.stems));
        let ways = unit.alternatives.iter().map(|alternative| self.alternative(alternative, own));
        one_of(ways.collect(), 0.0)
    }

    /// A synonym counts as if it were as rare as what was said, or the rarer word would win.
    fn alternative(&self, alternative: &Alternative, own: f32) -> Box<dyn Query> {
        let stems = &alternative.stems;
        match alternative.kind {
            Kind::Said => self.anywhere(stems),
            Kind::SaidTogether => self.together(stems),
            Kind::Synonym => Box::new(BoostQuery::new(self.together(stems), SYNONYM * own / self.rarity(stems))),
        }
    }

    /// Each word in some field.
    fn anywhere(&self, stems: &[String]) -> Box<dyn Query> {
        match stems {
            [stem] => self.word(stem),
            stems => Box::new(BooleanQuery::intersection(stems.iter().map(|stem| self.word(stem)).collect())),
        }
    }

    /// The words next to each other in one field.
    fn together(&self, stems: &[String]) -> Box<dyn Query> {
        if let [stem] = stems {
            return self.word(stem);
        }
        let fields = self.worth.iter().map(|&(field, worth)| {
            let terms = stems.iter().map(|stem| Term::from_field_text(field, stem)).collect();
            Box::new(BoostQuery::new(Box::new(PhraseQuery::new(terms)), worth)) as Box<dyn Query>
        });
        one_of(fields.collect(), ALSO)
    }

    /// How much it says that a title has these words. Never nothing.
    fn rarity(&self, stems: &[String]) -> f32 {
        let products = self.snapshot.searcher.num_docs() as f32;
        let rarity = |stem: &String| {
            let term = Term::from_field_text(self.snapshot.fields.title, stem);
            let having = self.snapshot.searcher.doc_freq(&term).unwrap_or(0) as f32;
            (1.0 + (products - having + 0.5).max(0.5) / (having + 0.5)).ln()
        };
        stems.iter().map(rarity).sum::<f32>().max(f32::MIN_POSITIVE)
    }

    fn word(&self, stem: &str) -> Box<dyn Query> {
        let fields = self.worth.iter().map(|&(field, worth)| {
            let query = TermQuery::new(Term::from_field_text(field, stem), IndexRecordOption::WithFreqs);
            Box::new(BoostQuery::new(Box::new(query), worth)) as Box<dyn Query>
        });
        one_of(fields.collect(), ALSO)
    }

    /// Neighbours in the query that are neighbours in what names a product.
    fn neighbours(&self, wording: &ParsedQuery) -> Option<Box<dyn Query>> {
        let fields = [self.snapshot.fields.title, self.snapshot.fields.category];
        let pairs: Vec<Box<dyn Query>> = wording
            .typed
            .windows(2)
            .flat_map(|pair| {
                fields.map(|field| pair.iter().map(|word| Term::from_field_text(field, &word.stem)).collect())
            })
            .map(|pair| Box::new(BoostQuery::new(Box::new(PhraseQuery::new(pair)), TOGETHER)) as Box<dyn Query>)
            .collect();
        (!pairs.is_empty()).then(|| Box::new(BooleanQuery::union(pairs)) as Box<dyn Query>)
    }
}

fn one_of(queries: Vec<Box<dyn Query>>, also: f32) -> Box<dyn Query> {
    match <[Box<dyn Query>; 1]>::try_from(queries) {
        Ok([query]) => query,
        Err(queries) => Box::new(DisjunctionMaxQuery::with_tie_breaker(queries, also)),
    }
}
