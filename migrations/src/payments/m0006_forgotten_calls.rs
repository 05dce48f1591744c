//! The sandbox gateway forgets the calls whose keys nobody may use again, by when they were made.

use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0006_forgotten_calls"
    }
}

#[derive(DeriveIden)]
enum SandboxCall {
    Table,
    CreatedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let made = Index::create()
            .name("sandbox_call_created_at")
            .table(SandboxCall::Table)
            .col(SandboxCall::CreatedAt)
            .to_owned();
        manager.create_index(made).await
    }
}
