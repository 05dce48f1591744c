//! When the sandbox carrier was told to bring a parcel back, in its own books.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::timestamp_with_time_zone_null;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0007_recall"
    }
}

#[derive(DeriveIden)]
enum SandboxBooking {
    Table,
    RecalledAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let recalled = timestamp_with_time_zone_null(SandboxBooking::RecalledAt);
        manager.alter_table(Table::alter().table(SandboxBooking::Table).add_column(recalled).to_owned()).await
    }
}
