//! Where a parcel has been is written and read, and never changed. The sandbox's keys go in time, found by their age.

use sea_orm_migration::prelude::*;

use crate::append_only::append_only;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0008_retention"
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
        let calls =
            Index::create().name("sandbox_call_age").table(SandboxCall::Table).col(SandboxCall::CreatedAt).to_owned();
        manager.create_index(calls).await?;
        append_only(manager, "tracking_event").await
    }
}
