use std::sync::Arc;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use kit::{Result, or_null};
use vocab::ReviewId;

use super::product::Product;
use super::user::User;
use crate::review;
use crate::store::{IsVerified, ReviewById, Store};

/// What somebody says of a product.
pub struct Review(pub Arc<review::Review>);

/// What somebody says of a product.
#[Object]
impl Review {
    /// The review's id: `rev_…`.
    async fn id(&self) -> ID {
        ID::from(self.0.id.as_str())
    }

    /// The product that was reviewed; null when it cannot be shown now.
    async fn product(&self) -> Option<Product> {
        Some(Product(self.0.product_id.clone()))
    }

    /// Who wrote it; null for reviews that came from elsewhere.
    async fn author(&self) -> Option<User> {
        self.0.author_id.as_ref().map(|id| User { id: ID::from(id.as_str()) })
    }

    /// How many stars it gives: 1 to 5.
    async fn rating(&self) -> i16 {
        self.0.stars.get()
    }

    /// The review in one line; null when it has none.
    async fn title(&self) -> Option<&str> {
        self.0.title.as_deref()
    }

    /// The review as plain text, with line breaks; null when its author only gave stars.
    async fn body(&self) -> Option<&str> {
        self.0.body.as_deref()
    }

    /// Whether the author would recommend the product; null when they did not say.
    async fn recommended(&self) -> Option<bool> {
        self.0.recommended
    }

    /// Whether the author bought the product here.
    async fn verified_purchase(&self, ctx: &Context<'_>) -> Result<bool> {
        let Some(user) = self.0.author_id.clone() else { return Ok(false) };
        let key = IsVerified { user, product: self.0.product_id.clone() };
        Ok(ctx.data_unchecked::<DataLoader<Store>>().load_one(key).await?.unwrap_or_default())
    }

    /// How many people found it helpful.
    async fn helpful(&self) -> i32 {
        self.0.helpful
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

#[derive(Default)]
pub struct ReviewQuery;

#[Object]
impl ReviewQuery {
    /// One review; null when there is none with this id.
    async fn review(
        &self, ctx: &Context<'_>, #[graphql(desc = "The review's id: `rev_…`.")] id: ID
    ) -> Option<Review> {
        or_null(ctx, review(ctx, &id).await)
    }

    #[graphql(entity)]
    async fn find_review_by_id(&self, ctx: &Context<'_>, id: ID) -> Option<Review> {
        or_null(ctx, review(ctx, &id).await)
    }
}

async fn review(ctx: &Context<'_>, id: &ID) -> Result<Option<Review>> {
    let Ok(id) = ReviewId::try_from(id) else { return Ok(None) };
    let found = ctx.data_unchecked::<DataLoader<Store>>().load_one(ReviewById(id)).await?;
    Ok(found.map(Review))
}
