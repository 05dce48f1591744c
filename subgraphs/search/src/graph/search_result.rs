use async_graphql::SimpleObject;
use async_graphql::connection::PageInfo;

use super::facet::Facet;
use super::search_hit::SearchHit;
use crate::response::SearchResponse;
use vocab::Count;

/// What a search has found.
#[derive(SimpleObject)]
pub struct SearchResult {
    /// The products of this page, in the order that was asked for.
    pub hits: Vec<SearchHit>,
    /// What the hits can be narrowed by. The count of a value leaves the selection of its own facet out.
    pub facets: Vec<Facet>,
    /// Where this page lies in the list.
    pub page_info: PageInfo,
    /// How many products match on all pages, with the filters.
    pub total_count: Count,
    /// What was searched for instead, because no product has all words of the query: some of its words are unknown and
    /// were replaced by the nearest ones. Null when the query was taken as it is.
    pub did_you_mean: Option<String>,
}

impl SearchResult {
    pub fn new(answer: SearchResponse, has_previous_page: bool) -> Self {
        let hits: Vec<SearchHit> = answer.hits.into_iter().map(SearchHit::from).collect();
        Self {
            page_info: PageInfo {
                has_previous_page,
                has_next_page: answer.more,
                start_cursor: hits.first().map(|hit| hit.cursor.clone()),
                end_cursor: hits.last().map(|hit| hit.cursor.clone()),
            },
            hits,
            facets: answer.facets.into_iter().map(Facet).collect(),
            total_count: Count::of(answer.total),
            did_you_mean: answer.did_you_mean,
        }
    }
}
