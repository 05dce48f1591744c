//! What else shows who somebody is: devices that they signed in on before, and a second factor.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer_null, blob, string, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum KnownDevice {
    Table,
    Hash,
    UserId,
    CreatedAt,
    LastUsedAt,
}

#[derive(DeriveIden)]
enum SecondFactor {
    Table,
    UserId,
    /// What codes follow from, as it is kept.
    Secret,
    CreatedAt,
    /// Null until a code has shown that the owner's device holds the secret.
    ConfirmedAt,
    /// The time step of the last code that was taken: no code of it, or of one before, is taken again.
    LastStep,
}

#[derive(DeriveIden)]
enum RecoveryCode {
    Table,
    Hash,
    UserId,
    CreatedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let device = Table::create()
            .table(KnownDevice::Table)
            .col(string(KnownDevice::Hash).primary_key())
            .col(string(KnownDevice::UserId))
            .col(timestamp_with_time_zone(KnownDevice::CreatedAt))
            // The sweep goes by it.
            .col(timestamp_with_time_zone(KnownDevice::LastUsedAt))
            .to_owned();
        manager.create_table(device).await?;
        let mut of_user = Index::create();
        of_user.name("known_device_user").table(KnownDevice::Table);
        manager.create_index(of_user.col(KnownDevice::UserId).col(KnownDevice::LastUsedAt).to_owned()).await?;
        let by_use = Index::create()
            .name("known_device_last_used")
            .table(KnownDevice::Table)
            .col(KnownDevice::LastUsedAt)
            .to_owned();
        manager.create_index(by_use).await?;

        let factor = Table::create()
            .table(SecondFactor::Table)
            .col(string(SecondFactor::UserId).primary_key())
            .col(blob(SecondFactor::Secret))
            .col(timestamp_with_time_zone(SecondFactor::CreatedAt))
            .col(timestamp_with_time_zone_null(SecondFactor::ConfirmedAt))
            .col(big_integer_null(SecondFactor::LastStep))
            .to_owned();
        manager.create_table(factor).await?;
        let recovery = Table::create()
            .table(RecoveryCode::Table)
            // One is deleted when it is used.
            .col(string(RecoveryCode::Hash).primary_key())
            .col(string(RecoveryCode::UserId))
            .col(timestamp_with_time_zone(RecoveryCode::CreatedAt))
            .to_owned();
        manager.create_table(recovery).await?;
        let of_user =
            Index::create().name("recovery_code_user").table(RecoveryCode::Table).col(RecoveryCode::UserId).to_owned();
        manager.create_index(of_user).await
    }
}
