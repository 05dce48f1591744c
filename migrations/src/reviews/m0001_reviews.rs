//! Reviews, what they sum up to for each product, and the submissions that made them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean_null, integer, small_integer, string, string_null, text_null, timestamp_with_time_zone,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Review {
    Table,
    Id,
    ProductId,
    AuthorId,
    Rating,
    Title,
    Body,
    Recommended,
    Helpful,
    CreatedAt,
}

#[derive(DeriveIden)]
enum RatingSummary {
    Table,
    ProductId,
    One,
    Two,
    Three,
    Four,
    Five,
}

#[derive(DeriveIden)]
enum ReviewSubmission {
    Table,
    AuthorId,
    IdempotencyKey,
    Fingerprint,
    ReviewId,
    CreatedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_review(manager).await?;
        let rating_summary = Table::create()
            .table(RatingSummary::Table)
            .col(string(RatingSummary::ProductId).primary_key())
            .col(big_integer(RatingSummary::One))
            .col(big_integer(RatingSummary::Two))
            .col(big_integer(RatingSummary::Three))
            .col(big_integer(RatingSummary::Four))
            .col(big_integer(RatingSummary::Five))
            .to_owned();
        manager.create_table(rating_summary).await?;
        let submission = Table::create()
            .table(ReviewSubmission::Table)
            .col(string(ReviewSubmission::AuthorId))
            .col(string(ReviewSubmission::IdempotencyKey))
            .col(string(ReviewSubmission::Fingerprint))
            .col(string(ReviewSubmission::ReviewId))
            .col(timestamp_with_time_zone(ReviewSubmission::CreatedAt))
            .primary_key(Index::create().col(ReviewSubmission::AuthorId).col(ReviewSubmission::IdempotencyKey))
            .to_owned();
        manager.create_table(submission).await
    }
}

async fn create_review(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let review = Table::create()
        .table(Review::Table)
        .col(string(Review::Id).primary_key())
        .col(string(Review::ProductId))
        .col(string_null(Review::AuthorId))
        .col(small_integer(Review::Rating))
        .col(string_null(Review::Title))
        .col(text_null(Review::Body))
        .col(boolean_null(Review::Recommended))
        .col(integer(Review::Helpful))
        .col(timestamp_with_time_zone(Review::CreatedAt))
        .to_owned();
    manager.create_table(review).await?;
    let index = |name: &str| Index::create().name(name).table(Review::Table).col(Review::ProductId).to_owned();
    let one_per_author = index("review_one_per_author").col(Review::AuthorId).unique().to_owned();
    let helpful = index("review_helpful")
        .col((Review::Helpful, IndexOrder::Desc))
        .col((Review::CreatedAt, IndexOrder::Desc))
        .col((Review::Id, IndexOrder::Desc))
        .to_owned();
    let newest = index("review_newest")
        .col((Review::CreatedAt, IndexOrder::Desc))
        .col((Review::Id, IndexOrder::Desc))
        .to_owned();
    let rating_low = index("review_rating_low")
        .col(Review::Rating)
        .col((Review::CreatedAt, IndexOrder::Desc))
        .col((Review::Id, IndexOrder::Desc))
        .to_owned();
    for index in [one_per_author, helpful, newest, rating_low] {
        manager.create_index(index).await?;
    }
    Ok(())
}
