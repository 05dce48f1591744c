//! A search request.

use kit::graphql::page::Page;
use kit::{Code, Refusal};
use vocab::text::sought;

use crate::filter::Selection;

/// In which order hits come. Ties are broken by product, always the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, async_graphql::Enum)]
pub enum SearchSort {
    /// The best match first. Without a query, the newest first.
    Relevance,
    /// The lowest price first. A product costs what its cheapest variant costs; without a price it comes last.
    PriceAsc,
    /// The highest price first. A product costs what its cheapest variant costs; without a price it comes last.
    PriceDesc,
    /// The latest release first; without a release date last.
    Newest,
}

/// The position of a hit: the list, its rank, and its product's number among those of one rank.
pub type Key = (u64, u64, u64);

#[derive(Clone, Debug)]
pub struct SearchRequest {
    pub query: String,
    pub selection: Selection,
    pub sort: SearchSort,
    pub page: Page<Key>,
    /// Whether the facets are selected.
    pub facets: bool,
    /// Whether the highlights are selected.
    pub highlights: bool,
}

/// Characters of a query beyond this are ignored.
const LONGEST_QUERY: usize = 500;

impl SearchRequest {
    pub fn new(query: &str, selection: Selection, sort: SearchSort, page: Page<Key>) -> Result<Self, Refusal> {
        let query = sought(query).chars().take(LONGEST_QUERY).collect();
        let request = Self { query, selection, sort, page, facets: true, highlights: true };
        if request.page.after.is_some_and(|(list, ..)| list != request.list()) {
            let message =
                "`after` is a cursor of another search: start again without it when query, filters or sort change.";
            return Err(Refusal::new(Code::BadCursor, message));
        }
        Ok(request)
    }

    /// Whether every product matches: there is no query.
    pub fn browses(&self) -> bool {
        self.query.is_empty()
    }

    /// The effective order.
    pub fn order(&self) -> SearchSort {
        if self.sort == SearchSort::Relevance && self.browses() { SearchSort::Newest } else { self.sort }
    }

    /// A number that identifies the list, whichever page is requested.
    pub fn list(&self) -> u64 {
        let Selection { brands, categories, prices } = &self.selection;
        let words = format!("{:?} {} {brands:?} {categories:?} {prices:?}", self.sort, self.query);
        // What JSON holds in a double, so that no client's decoder ever spoils it.
        number(&words) & ((1 << 53) - 1)
    }
}

/// A number for a text, the same in every process (FNV-1a).
pub fn number(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(query: &str, after: Option<Key>) -> Result<SearchRequest, Refusal> {
        SearchRequest::new(query, Selection::default(), SearchSort::Relevance, Page { first: 10, after })
    }

    #[test]
    fn a_cursor_belongs_to_one_search() {
        let list = request("mouse", None).expect("a search").list();
        assert!(request(" mouse ", Some((list, 1, 1))).is_ok());
        assert_eq!(request("keyboard", Some((list, 1, 1))).expect_err("another list").code, Code::BadCursor);
    }

    #[test]
    fn a_query_of_spaces_browses() {
        let request = request("  \t ", None).expect("a search");
        assert!(request.browses());
        assert_eq!(request.order(), SearchSort::Newest);
    }
}
