//! What users say of themselves: addresses, language and currency, and what they agreed to.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{boolean, string, string_null, timestamp_with_time_zone};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Preferences {
    Table,
    UserId,
    Language,
    Currency,
}

#[derive(DeriveIden)]
enum SavedAddress {
    Table,
    Id,
    UserId,
    Name,
    Line1,
    Line2,
    City,
    Region,
    PostalCode,
    Country,
    DefaultShipping,
    DefaultBilling,
    CreatedAt,
}

#[derive(DeriveIden)]
enum Consent {
    Table,
    Id,
    UserId,
    Purpose,
    Given,
    Source,
    CreatedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let preferences = Table::create()
            .table(Preferences::Table)
            .col(string(Preferences::UserId).primary_key())
            .col(string_null(Preferences::Language))
            .col(string_null(Preferences::Currency))
            .to_owned();
        manager.create_table(preferences).await?;
        let address = Table::create()
            .table(SavedAddress::Table)
            .col(string(SavedAddress::Id).primary_key())
            .col(string(SavedAddress::UserId))
            .col(string(SavedAddress::Name))
            .col(string(SavedAddress::Line1))
            .col(string_null(SavedAddress::Line2))
            .col(string(SavedAddress::City))
            .col(string_null(SavedAddress::Region))
            .col(string_null(SavedAddress::PostalCode))
            .col(string(SavedAddress::Country))
            .col(boolean(SavedAddress::DefaultShipping))
            .col(boolean(SavedAddress::DefaultBilling))
            .col(timestamp_with_time_zone(SavedAddress::CreatedAt))
            .to_owned();
        manager.create_table(address).await?;
        let of_user =
            Index::create().name("saved_address_user").table(SavedAddress::Table).col(SavedAddress::UserId).to_owned();
        manager.create_index(of_user).await?;

        // Only ever appended to: what somebody agreed to, and when they took it back, is evidence.
        let consent = Table::create()
            .table(Consent::Table)
            .col(string(Consent::Id).primary_key())
            .col(string(Consent::UserId))
            .col(string(Consent::Purpose))
            .col(boolean(Consent::Given))
            .col(string(Consent::Source))
            .col(timestamp_with_time_zone(Consent::CreatedAt))
            .to_owned();
        manager.create_table(consent).await?;
        let of_user = Index::create().name("consent_user").table(Consent::Table).col(Consent::UserId).to_owned();
        manager.create_index(of_user).await
    }
}
