//! One state of the index, with what its segments name.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tantivy::columnar::StrColumn;
use tantivy::index::{SegmentId, SegmentReader};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, Searcher, TERMINATED, Term};
use vocab::{CategoryId, CurrencyCode};

use super::fields::{BRAND, CURRENCY, Fields, PATH, VERSION};
use crate::product::Category;

/// What can be searched: the segments, and what their columns say in words.
pub struct Snapshot {
    pub searcher: Searcher,
    pub fields: Fields,
    /// By segment, in the order of the searcher.
    pub shelves: Vec<Arc<SegmentDictionary>>,
    pub categories: Tree,
    ids: Vec<SegmentId>,
}

/// What the columns of one segment mean, by ordinal. A segment never changes, so it is read once.
#[derive(Debug, Default)]
pub struct SegmentDictionary {
    pub brands: Vec<String>,
    /// From the root to the leaf.
    pub paths: Vec<Vec<Category>>,
    pub currencies: Vec<CurrencyCode>,
}

/// The categories that any product is in now.
#[derive(Debug, Default)]
pub struct Tree {
    nodes: BTreeMap<CategoryId, Node>,
}

#[derive(Debug)]
struct Node {
    name: String,
    parent: Option<CategoryId>,
}

impl Snapshot {
    /// The state that `searcher` sees. Shelves of segments that `before` had are taken from there.
    pub fn new(searcher: Searcher, fields: Fields, before: Option<&Self>) -> tantivy::Result<Self> {
        let known: HashMap<SegmentId, &Arc<SegmentDictionary>> =
            before.map(|before| before.ids.iter().copied().zip(&before.shelves).collect()).unwrap_or_default();
        let mut shelves = Vec::with_capacity(searcher.segment_readers().len());
        let mut ids = Vec::with_capacity(shelves.capacity());
        for segment in searcher.segment_readers() {
            let id = segment.segment_id();
            let shelf = match known.get(&id) {
                Some(shelf) => Arc::clone(shelf),
                None => Arc::new(SegmentDictionary::read(segment)?),
            };
            shelves.push(shelf);
            ids.push(id);
        }
        let mut paths = Vec::new();
        for (segment, shelf) in searcher.segment_readers().iter().zip(&shelves) {
            paths.append(&mut live_paths(segment, shelf)?);
        }
        let categories = Tree::of(paths.into_iter());
        Ok(Self { searcher, fields, shelves, categories, ids })
    }

    /// The version of a product here, also of a removed one.
    pub fn version(&self, product: &str) -> tantivy::Result<Option<u64>> {
        let term = Term::from_field_text(self.fields.id, product);
        for segment in self.searcher.segment_readers() {
            let inverted = segment.inverted_index(self.fields.id)?;
            let Some(mut postings) = inverted.read_postings(&term, IndexRecordOption::Basic)? else { continue };
            while postings.doc() != TERMINATED {
                if !segment.is_deleted(postings.doc()) {
                    return Ok(segment.fast_fields().u64(VERSION)?.first(postings.doc()));
                }
                postings.advance();
            }
        }
        Ok(None)
    }
}

/// Every product with its version, the removed ones among them, but for those that `known` knows.
pub fn others(snapshot: &Snapshot, known: impl Fn(&str) -> bool) -> tantivy::Result<Vec<(String, u64)>> {
    let mut others = Vec::new();
    for segment in snapshot.searcher.segment_readers() {
        let (inverted, versions) = (segment.inverted_index(snapshot.fields.id)?, segment.fast_fields().u64(VERSION)?);
        let mut ids = inverted.terms().stream()?;
        while ids.advance() {
            let id = String::from_utf8_lossy(ids.key()).into_owned();
            if known(&id) {
                continue;
            }
            let mut postings = inverted.read_postings_from_terminfo(ids.value(), IndexRecordOption::Basic)?;
            while postings.doc() != TERMINATED {
                if !segment.is_deleted(postings.doc()) {
                    others.push((id.clone(), versions.first(postings.doc()).unwrap_or_default()));
                }
                postings.advance();
            }
        }
    }
    Ok(others)
}

impl SegmentDictionary {
    fn read(segment: &SegmentReader) -> tantivy::Result<Self> {
        let columns = segment.fast_fields();
        let paths = texts(columns.str(PATH)?)?;
        let currencies = texts(columns.str(CURRENCY)?)?;
        Ok(Self {
            brands: texts(columns.str(BRAND)?)?,
            // Both were written from values of these types.
            paths: paths.iter().map(|json| serde_json::from_str(json).unwrap_or_default()).collect(),
            currencies: currencies.iter().map(|code| CurrencyCode::stored(code).unwrap_or(CurrencyCode::USD)).collect(),
        })
    }
}

/// The paths that a product of this segment still has. A segment keeps the words of its deleted documents until it is
/// merged: without this, a category that was moved or emptied would be offered for as long.
fn live_paths<'a>(segment: &SegmentReader, shelf: &'a SegmentDictionary) -> tantivy::Result<Vec<&'a Vec<Category>>> {
    let Some(live) = segment.alive_bitset() else { return Ok(shelf.paths.iter().collect()) };
    let Some(column) = segment.fast_fields().str(PATH)? else { return Ok(Vec::new()) };
    let mut named = vec![false; shelf.paths.len()];
    for ordinal in live.iter_alive().filter_map(|document| column.ords().first(document)) {
        if let Some(named) = usize::try_from(ordinal).ok().and_then(|ordinal| named.get_mut(ordinal)) {
            *named = true;
        }
    }
    Ok(shelf.paths.iter().zip(named).filter_map(|(path, named)| named.then_some(path)).collect())
}

fn texts(column: Option<StrColumn>) -> tantivy::Result<Vec<String>> {
    let Some(column) = column else { return Ok(Vec::new()) };
    let mut texts = Vec::with_capacity(column.num_terms());
    let mut stream = column.dictionary().stream()?;
    while stream.advance() {
        texts.push(String::from_utf8_lossy(stream.key()).into_owned());
    }
    Ok(texts)
}

impl Tree {
    pub fn of<'a>(paths: impl Iterator<Item = &'a Vec<Category>>) -> Self {
        let mut nodes = BTreeMap::new();
        for path in paths {
            let mut parent = None;
            for category in path {
                let node = Node { name: category.name.clone(), parent };
                nodes.entry(category.id.clone()).or_insert(node);
                parent = Some(category.id.clone());
            }
        }
        Self { nodes }
    }

    pub fn name(&self, id: &CategoryId) -> Option<&str> {
        self.nodes.get(id).map(|node| node.name.as_str())
    }

    pub fn parent(&self, id: &CategoryId) -> Option<&CategoryId> {
        self.nodes.get(id)?.parent.as_ref()
    }

    /// The categories right below one, or the roots.
    pub fn children<'a>(&'a self, parent: Option<&'a CategoryId>) -> impl Iterator<Item = &'a CategoryId> {
        self.nodes.iter().filter(move |(_, node)| node.parent.as_ref() == parent).map(|(id, _)| id)
    }

    /// From the parent up to the root. A category that has moved may stand in old and new paths, so a circle is
    /// possible for a moment and must end.
    pub fn above<'a>(&'a self, id: &CategoryId) -> impl Iterator<Item = &'a CategoryId> {
        std::iter::successors(self.parent(id), |&id| self.parent(id)).take(self.nodes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(ids: &[&str]) -> Vec<Category> {
        ids.iter().map(|id| Category { id: CategoryId::of_key(id), name: id.to_uppercase() }).collect()
    }

    #[test]
    fn a_tree_knows_what_is_above_and_below() {
        let paths = [path(&["a", "b", "c"]), path(&["a", "d"])];
        let tree = Tree::of(paths.iter());
        let id = CategoryId::of_key;
        assert_eq!(tree.above(&id("c")).collect::<Vec<_>>(), [&id("b"), &id("a")]);
        assert_eq!(tree.children(Some(&id("a"))).collect::<Vec<_>>(), [&id("b"), &id("d")]);
        assert_eq!(tree.children(None).collect::<Vec<_>>(), [&id("a")]);
        assert_eq!(tree.name(&id("d")), Some("D"));
    }

    #[test]
    fn a_circle_of_moved_categories_ends() {
        let paths = [path(&["a", "b"]), path(&["b", "a"])];
        let tree = Tree::of(paths.iter());
        assert!(tree.above(&CategoryId::of_key("b")).count() <= 2);
    }
}
