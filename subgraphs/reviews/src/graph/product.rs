use async_graphql::connection;
use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, ID, Object, SimpleObject};
use kit::{Result, or_null};
use vocab::ProductId;

use super::review::Review;
use crate::listing::{Listing, Position, Sort};
use crate::rating::Rating;
use crate::store::{RatingOfProduct, ReviewsOfProduct, Store};

/// Something that the shop sells, in one or more variants.
pub struct Product(pub ProductId);

/// Something that the shop sells, in one or more variants.
#[Object]
impl Product {
    /// Stays the same for good. Starts with `prod_`.
    async fn id(&self) -> ID {
        ID::from(self.0.as_str())
    }

    /// What the product's reviews sum up to; null when that cannot be told now.
    async fn rating(&self, ctx: &Context<'_>) -> Option<RatingSummary> {
        or_null(ctx, self.summary(ctx).await.map(Some))
    }

    /// What people say of the product; null when that cannot be told now.
    async fn reviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many reviews to give: 1 to 100.", default = 10)] first: i32,
        #[graphql(desc = "The cursor behind which to go on: an `endCursor` of this list, in the same order.")]
        after: Option<String>,
        #[graphql(desc = "Which reviews come first.", default_with = "Sort::Helpful")] sort: Sort,
    ) -> Option<Connection> {
        or_null(ctx, self.page(ctx, first, after, sort).await.map(Some))
    }
}

type Connection = connection::Connection<String, Review>;

impl Product {
    async fn summary(&self, ctx: &Context<'_>) -> Result<RatingSummary> {
        let found = ctx.data_unchecked::<DataLoader<Store>>().load_one(RatingOfProduct(self.0.clone())).await?;
        Ok(RatingSummary::from(found.unwrap_or_default()))
    }

    async fn page(&self, ctx: &Context<'_>, first: i32, after: Option<String>, sort: Sort) -> Result<Connection> {
        let listing = Listing::try_new(sort, first, after)?;
        let key = ReviewsOfProduct { product: self.0.clone(), listing: listing.clone() };
        let found = ctx.data_unchecked::<DataLoader<Store>>().load_one(key).await?.unwrap_or_default();
        Ok(listing.page.connection(found, |review| Position::of(review, sort), Review))
    }
}

/// What the reviews of a product sum up to.
#[derive(SimpleObject)]
pub struct RatingSummary {
    /// The average of all ratings in stars, 1 to 5, to the hundredth; null while nobody has reviewed the product.
    average: Option<f64>,
    /// How many reviews there are.
    count: i32,
    /// How many reviews gave one star, two, three, four and five: always five numbers.
    histogram: Vec<i32>,
}

impl From<Rating> for RatingSummary {
    fn from(rating: Rating) -> Self {
        let shown = |reviews: i64| i32::try_from(reviews).unwrap_or(i32::MAX);
        Self {
            average: rating.average(),
            count: shown(rating.count()),
            histogram: rating.histogram().into_iter().map(shown).collect(),
        }
    }
}

#[derive(Default)]
pub struct ProductQuery;

#[Object]
impl ProductQuery {
    #[graphql(entity)]
    async fn find_product_by_id(&self, id: ID) -> Option<Product> {
        ProductId::try_from(&id).ok().map(Product)
    }
}
