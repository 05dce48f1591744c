//! When to ask the carrier about a parcel again, and since when it is on its way.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::timestamp_with_time_zone_null;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0005_tracking"
    }
}

#[derive(DeriveIden)]
enum Shipment {
    Table,
    State,
    DispatchedAt,
    /// Null once nothing more happens to the parcel.
    NextLookAt,
    CreatedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column a statement.
        for column in [Shipment::DispatchedAt, Shipment::NextLookAt] {
            let added =
                Table::alter().table(Shipment::Table).add_column(timestamp_with_time_zone_null(column)).to_owned();
            manager.alter_table(added).await?;
        }
        let booked_before = Query::update()
            .table(Shipment::Table)
            .value(Shipment::NextLookAt, Expr::col(Shipment::CreatedAt))
            .and_where(Expr::col(Shipment::State).eq("BOOKED"))
            .to_owned();
        manager.execute(booked_before).await?;
        let due = Index::create()
            .name("shipment_due")
            .table(Shipment::Table)
            .col(Shipment::NextLookAt)
            .and_where(Expr::col(Shipment::NextLookAt).is_not_null())
            .to_owned();
        manager.create_index(due).await
    }
}
