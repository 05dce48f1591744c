//! The private halves of signing keys, sealed. Those that lie open are sealed by the first process that reads them: a
//! migration has no key to do it with.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::string_null;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum SigningKey {
    Table,
    Pkcs8,
    PrivateKey,
    SealedBy,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let renamed =
            Table::alter().table(SigningKey::Table).rename_column(SigningKey::Pkcs8, SigningKey::PrivateKey).to_owned();
        manager.alter_table(renamed).await?;
        let sealed_by =
            Table::alter().table(SigningKey::Table).add_column(string_null(SigningKey::SealedBy)).to_owned();
        manager.alter_table(sealed_by).await
    }
}
