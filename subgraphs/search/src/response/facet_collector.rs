//! One pass over all matches: ranks them, filters them and counts them.

use std::collections::BinaryHeap;
use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::index::SegmentReader;
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal};
use vocab::CategoryId;

use crate::filter::Selection;
use crate::index::{BRAND, CURRENCY, NUMBER, PATH, PRICE, RELEASED, SegmentDictionary, Snapshot};
use crate::price_band::{BANDS, Ladder};
use crate::request::{SearchRequest, SearchSort};

/// The rank of a match: the lower, the earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub rank: u64,
    /// Breaks ties.
    pub number: u64,
    pub address: DocAddress,
}

/// The result of a pass.
#[derive(Debug, Default)]
pub struct Found {
    /// The matches of the page and one more, unordered.
    pub places: Vec<Place>,
    /// How many match the words.
    pub matched: u64,
    /// How many of these pass the filters.
    pub total: u64,
    /// By segment.
    pub counts: Vec<Counts>,
}

/// The facet counts of a segment, by ordinal; each facet ignores its own selection.
#[derive(Debug, Default)]
pub struct Counts {
    pub segment: SegmentOrdinal,
    pub brands: Vec<u32>,
    pub paths: Vec<u32>,
    /// By currency.
    pub bands: Vec<[u32; BANDS]>,
}

pub struct FacetCollector<'a> {
    snapshot: &'a Snapshot,
    order: SearchSort,
    selection: &'a Selection,
    /// Without those of which a narrower one is selected.
    categories: Vec<CategoryId>,
    after: Option<(u64, u64)>,
    wanted: usize,
    facets: bool,
}

impl<'a> FacetCollector<'a> {
    pub fn new(snapshot: &'a Snapshot, request: &'a SearchRequest) -> Self {
        Self {
            snapshot,
            order: request.order(),
            selection: &request.selection,
            categories: super::facets::narrowest(&snapshot.categories, &request.selection.categories),
            after: request.page.after.map(|(_, rank, number)| (rank, number)),
            wanted: request.page.first as usize + 1,
            facets: request.facets,
        }
    }
}

impl Collector for FacetCollector<'_> {
    type Fruit = Found;
    type Child = SegmentFacetCollector;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentFacetCollector> {
        let shelf = Arc::clone(&self.snapshot.shelves[segment as usize]);
        let columns = reader.fast_fields();
        let ords =
            |name| -> tantivy::Result<Option<Column<u64>>> { Ok(columns.str(name)?.map(|texts| texts.ords().clone())) };
        let counts = Counts {
            segment,
            brands: vec![0; shelf.brands.len()],
            paths: vec![0; shelf.paths.len()],
            bands: vec![[0; BANDS]; shelf.currencies.len()],
        };
        Ok(SegmentFacetCollector {
            judge: Judge::new(self.selection, &self.categories, &shelf),
            ladders: shelf.currencies.iter().map(|&currency| Ladder::of(currency)).collect(),
            order: self.order,
            after: self.after,
            wanted: self.wanted,
            facets: self.facets,
            number: columns.u64(NUMBER)?,
            price: columns.i64(PRICE)?,
            released: columns.i64(RELEASED)?,
            brand: ords(BRAND)?,
            path: ords(PATH)?,
            currency: ords(CURRENCY)?,
            best: BinaryHeap::with_capacity(self.wanted + 1),
            matched: 0,
            total: 0,
            counts,
        })
    }

    fn requires_scoring(&self) -> bool {
        self.order == SearchSort::Relevance
    }

    fn merge_fruits(&self, segments: Vec<Found>) -> tantivy::Result<Found> {
        let mut all = Found::default();
        for segment in segments {
            all.places.extend(segment.places);
            all.matched += segment.matched;
            all.total += segment.total;
            all.counts.extend(segment.counts);
        }
        Ok(all)
    }
}

/// The selection as one segment's ordinals. A facet without a selection has no table, and lets all pass.
struct Judge {
    brands: Option<Vec<bool>>,
    paths: Option<Vec<bool>>,
    bands: Option<Vec<[bool; BANDS]>>,
}

impl Judge {
    fn new(selection: &Selection, categories: &[CategoryId], shelf: &SegmentDictionary) -> Self {
        let brand = |brand: &String| selection.brands.contains(brand);
        let path = |path: &Vec<crate::product::Category>| path.iter().any(|step| categories.contains(&step.id));
        Self {
            brands: (!selection.brands.is_empty()).then(|| shelf.brands.iter().map(brand).collect()),
            paths: (!categories.is_empty()).then(|| shelf.paths.iter().map(path).collect()),
            bands: (!selection.prices.is_empty()).then(|| bands(selection, shelf)),
        }
    }
}

fn bands(selection: &Selection, shelf: &SegmentDictionary) -> Vec<[bool; BANDS]> {
    let mut tables = vec![[false; BANDS]; shelf.currencies.len()];
    for (table, &currency) in tables.iter_mut().zip(&shelf.currencies) {
        for band in selection.prices.iter().filter(|band| band.currency() == currency) {
            table[band.step()] = true;
        }
    }
    tables
}

fn passes(table: Option<&Vec<bool>>, ordinal: Option<usize>) -> bool {
    table.is_none_or(|table| ordinal.is_some_and(|ordinal| table[ordinal]))
}

pub struct SegmentFacetCollector {
    judge: Judge,
    ladders: Vec<Ladder>,
    order: SearchSort,
    after: Option<(u64, u64)>,
    wanted: usize,
    facets: bool,
    number: Column<u64>,
    price: Column<i64>,
    released: Column<i64>,
    brand: Option<Column<u64>>,
    path: Option<Column<u64>>,
    currency: Option<Column<u64>>,
    /// The worst on top.
    best: BinaryHeap<Place>,
    matched: u64,
    total: u64,
    counts: Counts,
}

fn ordinal(column: Option<&Column<u64>>, doc: DocId) -> Option<usize> {
    // An ordinal is the index of a term in memory.
    column?.first(doc).map(|ordinal| ordinal as usize)
}

impl SegmentFacetCollector {
    /// The currency and the step of a product's price.
    fn band(&self, doc: DocId) -> Option<(usize, usize)> {
        let currency = ordinal(self.currency.as_ref(), doc)?;
        Some((currency, self.ladders[currency].step(self.price.first(doc)?)))
    }

    fn rank(&self, doc: DocId, score: Score) -> u64 {
        let ascending = |value: i64| (value as u64) ^ (1 << 63);
        match self.order {
            // The bits of a positive float are in its order.
            SearchSort::Relevance => u64::from(u32::MAX - score.max(0.0).to_bits()),
            SearchSort::PriceAsc => self.price.first(doc).map_or(u64::MAX, ascending),
            SearchSort::PriceDesc => self.price.first(doc).map_or(u64::MAX, |price| !ascending(price)),
            SearchSort::Newest => self.released.first(doc).map_or(u64::MAX, |days| !ascending(days)),
        }
    }

    fn offer(&mut self, doc: DocId, score: Score) {
        let rank = self.rank(doc, score);
        if self.best.len() == self.wanted && self.best.peek().is_some_and(|worst| rank > worst.rank) {
            return;
        }
        let number = self.number.first(doc).unwrap_or(u64::MAX);
        if self.after.is_some_and(|after| (rank, number) <= after) {
            return;
        }
        self.best.push(Place { rank, number, address: DocAddress::new(self.counts.segment, doc) });
        if self.best.len() > self.wanted {
            self.best.pop();
        }
    }
}

impl SegmentCollector for SegmentFacetCollector {
    type Fruit = Found;

    fn collect(&mut self, doc: DocId, score: Score) {
        self.matched += 1;
        let wants = |judged: bool| self.facets || judged;
        let brand = wants(self.judge.brands.is_some()).then(|| ordinal(self.brand.as_ref(), doc)).flatten();
        let path = wants(self.judge.paths.is_some()).then(|| ordinal(self.path.as_ref(), doc)).flatten();
        let band = wants(self.judge.bands.is_some()).then(|| self.band(doc)).flatten();
        let of_brand = passes(self.judge.brands.as_ref(), brand);
        let of_path = passes(self.judge.paths.as_ref(), path);
        let of_band =
            self.judge.bands.as_ref().is_none_or(|tables| band.is_some_and(|(money, step)| tables[money][step]));
        if let Some(brand) = brand.filter(|_| of_path && of_band) {
            self.counts.brands[brand] += 1;
        }
        if let Some(path) = path.filter(|_| of_brand && of_band) {
            self.counts.paths[path] += 1;
        }
        if let Some((money, step)) = band.filter(|_| of_brand && of_path) {
            self.counts.bands[money][step] += 1;
        }
        if of_brand && of_path && of_band {
            self.total += 1;
            self.offer(doc, score);
        }
    }

    fn harvest(self) -> Found {
        Found { places: self.best.into_vec(), matched: self.matched, total: self.total, counts: vec![self.counts] }
    }
}
