//! Reviews are found by who wrote them, as an export and an erasure ask.

use sea_orm_migration::prelude::*;

pub(super) struct Authors;

impl MigrationName for Authors {
    fn name(&self) -> &'static str {
        "m0003_authors"
    }
}

#[derive(DeriveIden)]
enum Review {
    Table,
    AuthorId,
}

#[async_trait::async_trait]
impl MigrationTrait for Authors {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let of_author = Index::create().name("review_of_author").table(Review::Table).col(Review::AuthorId).to_owned();
        manager.create_index(of_author).await
    }
}
