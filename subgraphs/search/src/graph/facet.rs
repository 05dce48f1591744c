use async_graphql::Object;

use super::filter_token::FilterToken;
use crate::response::{self, FacetKind};

pub struct Facet(pub response::Facet);

/// A property that the hits can be narrowed by. Values of one facet widen each other, facets narrow each other.
#[Object]
impl Facet {
    /// What the facet is about, for programs: `brand`, `category` or `price`.
    async fn key(&self) -> &str {
        self.0.key
    }

    /// What the facet is about, for people.
    async fn label(&self) -> &str {
        self.0.label
    }

    /// How the values are best shown.
    async fn kind(&self) -> FacetKind {
        self.0.kind
    }

    /// The values to choose from, those that are selected always among them.
    ///
    /// Brands: the twenty most frequent. Categories: the roots at first, then the selected ones and what is below
    /// them, or beside one that has nothing below; a selected category inside another selected one stands for both.
    /// Prices: the steps that have products, from the cheapest, in the currency of most hits.
    async fn values(&self) -> Vec<FacetValue<'_>> {
        self.0.values.iter().map(FacetValue).collect()
    }
}

pub struct FacetValue<'a>(&'a response::FacetValue);

/// A value that the hits can be narrowed to.
#[Object]
impl FacetValue<'_> {
    /// The value, for people.
    async fn label(&self) -> &str {
        &self.0.label
    }

    /// How many products would be left with this value alone of its facet, and with all that is selected in other
    /// facets.
    async fn count(&self) -> i32 {
        i32::try_from(self.0.count).unwrap_or(i32::MAX)
    }

    /// Whether its token was among the filters of this search.
    async fn selected(&self) -> bool {
        self.0.selected
    }

    /// Send it in `filters` to select the value, leave it out to undo that.
    async fn token(&self) -> FilterToken {
        FilterToken(self.0.filter.token())
    }
}
