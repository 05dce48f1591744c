//! Who has asked for the whole catalogue, and how far it has been sent. The rows go with the last part.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, string, string_null};

pub struct Resends;

impl MigrationName for Resends {
    fn name(&self) -> &'static str {
        "m0002_resends"
    }
}

#[derive(DeriveIden)]
enum ResendRequest {
    Table,
    Id,
    Stream,
    Run,
}

#[derive(DeriveIden)]
enum ResendRun {
    Table,
    Stream,
    Run,
    After,
    Part,
    Total,
}

#[async_trait::async_trait]
impl MigrationTrait for Resends {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let request = Table::create()
            .table(ResendRequest::Table)
            .col(string(ResendRequest::Id).primary_key())
            .col(string(ResendRequest::Stream))
            .col(string_null(ResendRequest::Run))
            .to_owned();
        manager.create_table(request).await?;
        let of_stream = Index::create()
            .name("resend_request_stream")
            .table(ResendRequest::Table)
            .col(ResendRequest::Stream)
            .col(ResendRequest::Run)
            .to_owned();
        manager.create_index(of_stream).await?;
        let run = Table::create()
            .table(ResendRun::Table)
            .col(string(ResendRun::Stream).primary_key())
            .col(string(ResendRun::Run))
            .col(string_null(ResendRun::After))
            .col(integer(ResendRun::Part))
            .col(big_integer(ResendRun::Total))
            .to_owned();
        manager.create_table(run).await
    }
}
