//! How often the order of a payment has changed hands, so that older news of that is known to be older.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::integer;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0005_owner_version"
    }
}

#[derive(DeriveIden)]
enum Payment {
    Table,
    OwnerVersion,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let version = integer(Payment::OwnerVersion).default(0).to_owned();
        manager.alter_table(Table::alter().table(Payment::Table).add_column(version).to_owned()).await
    }
}
