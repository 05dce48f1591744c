use async_graphql::{Context, Object};
use kit::Result;
use kit::graphql::page::Page;

use super::filter_token::FilterToken;
use super::search_result::SearchResult;
use crate::filter::Selection;
use crate::index::Index;
use crate::request::{Key, SearchRequest, SearchSort};
use crate::response::SearchResponse;

#[derive(Default)]
pub struct SearchQuery;

#[Object(name = "Query")]
impl SearchQuery {
    /// Finds products by words and narrows them by facets.
    ///
    /// Words may be in any order and form; model codes and article numbers are found as a whole and by their parts.
    /// There is no query syntax: signs are ignored, and no text is an error. Null when nothing can be looked up now, or
    /// a filter token or a cursor is none of ours, with the error beside it.
    async fn search(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "What to look for. Empty: everything. Only the first 16 words count.")] query: String,
        #[graphql(default, desc = "Tokens of facet values to narrow the hits to: at most 50.")] filters: Vec<
            FilterToken,
        >,
        #[graphql(default_with = "SearchSort::Relevance", desc = "In which order hits come.")] sort: SearchSort,
        #[graphql(default = 24, desc = "How many hits to give: 1 to 100.")] first: i32,
        #[graphql(desc = "The cursor to go on behind, of the same query, filters and sort.")] after: Option<String>,
    ) -> Result<Option<SearchResult>> {
        let selection = Selection::read(filters.iter().map(|token| token.0.as_str()))?;
        let page = Page::<Key>::try_new(first, after)?;
        let has_previous_page = page.after.is_some();
        let mut request = SearchRequest::new(&query, selection, sort, page)?;
        let look = ctx.look_ahead();
        request.facets = look.field("facets").exists();
        request.highlights = look.field("hits").field("highlight").exists();
        let answer = SearchResponse::to(request, ctx.data_unchecked::<Index>()).await?;
        Ok(Some(SearchResult::new(answer, has_previous_page)))
    }
}
