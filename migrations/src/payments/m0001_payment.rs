//! One payment for each order, or the order's bar against ever having one.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer_null, string, string_null, text_null, timestamp_with_time_zone};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0001_payment"
    }
}

#[derive(DeriveIden)]
enum Payment {
    Table,
    OrderId,
    Id,
    State,
    Owner,
    AmountMinor,
    Currency,
    Token,
    Charge,
    Provider,
    Brand,
    Last4,
    DeclineReason,
    DeclineMessage,
    CreatedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let payment = Table::create()
            .table(Payment::Table)
            .col(string(Payment::OrderId).primary_key())
            .col(string(Payment::Id).unique_key())
            .col(string(Payment::State))
            .col(string_null(Payment::Owner))
            .col(big_integer_null(Payment::AmountMinor))
            .col(string_null(Payment::Currency))
            .col(string_null(Payment::Token))
            .col(string_null(Payment::Charge))
            .col(string_null(Payment::Provider))
            .col(string_null(Payment::Brand))
            .col(string_null(Payment::Last4))
            .col(string_null(Payment::DeclineReason))
            .col(text_null(Payment::DeclineMessage))
            .col(timestamp_with_time_zone(Payment::CreatedAt))
            .to_owned();
        manager.create_table(payment).await
    }
}
