//! Submissions go in time, found by their age.

use sea_orm_migration::prelude::*;

pub(super) struct Retention;

impl MigrationName for Retention {
    fn name(&self) -> &'static str {
        "m0004_retention"
    }
}

#[derive(DeriveIden)]
enum ReviewSubmission {
    Table,
    CreatedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Retention {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let submissions = Index::create()
            .name("review_submission_age")
            .table(ReviewSubmission::Table)
            .col(ReviewSubmission::CreatedAt)
            .to_owned();
        manager.create_index(submissions).await
    }
}
