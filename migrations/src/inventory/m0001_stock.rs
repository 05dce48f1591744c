//! Locations, what lies there, what is promised to whom, and the ledger of every unit that moved.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, double, string, string_len, string_null, text, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

pub struct Stock;

impl MigrationName for Stock {
    fn name(&self) -> &'static str {
        "m0001_stock"
    }
}

#[derive(DeriveIden)]
enum Location {
    Table,
    Id,
    Name,
    Line1,
    Line2,
    City,
    Region,
    PostalCode,
    Country,
    Latitude,
    Longitude,
}

#[derive(DeriveIden)]
enum Variant {
    Table,
    Id,
    ProductId,
    Version,
}

#[derive(DeriveIden)]
enum StockLevel {
    Table,
    VariantId,
    LocationId,
    Received,
    OnHand,
    Reserved,
}

#[derive(DeriveIden)]
enum Reservation {
    Table,
    OrderId,
    Owner,
    State,
    Shortages,
    ExpiresAt,
}

#[derive(DeriveIden)]
enum ReservationLine {
    Table,
    OrderId,
    VariantId,
    LocationId,
    Quantity,
}

#[derive(DeriveIden)]
enum StockEntry {
    Table,
    Seq,
    VariantId,
    LocationId,
    OrderId,
    Kind,
    Units,
    At,
}

#[async_trait::async_trait]
impl MigrationTrait for Stock {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_location(manager).await?;
        create_variant(manager).await?;
        create_stock_level(manager).await?;
        create_reservation(manager).await?;
        create_stock_entry(manager).await
    }
}

async fn create_location(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(Location::Table)
        .col(string(Location::Id).primary_key())
        .col(string(Location::Name))
        .col(string(Location::Line1))
        .col(string_null(Location::Line2))
        .col(string(Location::City))
        .col(string_null(Location::Region))
        .col(string_null(Location::PostalCode))
        .col(string_len(Location::Country, 2))
        .col(double(Location::Latitude))
        .col(double(Location::Longitude))
        .to_owned();
    manager.create_table(table).await?;
    let by_name = Index::create()
        .name("location_by_name")
        .table(Location::Table)
        .col(Location::Name)
        .col(Location::Id)
        .to_owned();
    manager.create_index(by_name).await
}

/// Which product a variant belongs to, as the catalog last said.
async fn create_variant(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(Variant::Table)
        .col(string(Variant::Id).primary_key())
        .col(string(Variant::ProductId))
        .col(big_integer(Variant::Version))
        .to_owned();
    manager.create_table(table).await?;
    let by_product = Index::create()
        .name("variant_by_product")
        .table(Variant::Table)
        .col(Variant::ProductId)
        .col(Variant::Id)
        .to_owned();
    manager.create_index(by_product).await
}

async fn create_stock_level(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(StockLevel::Table)
        .col(string(StockLevel::VariantId))
        .col(string(StockLevel::LocationId))
        .col(big_integer(StockLevel::Received))
        .col(big_integer(StockLevel::OnHand))
        .col(big_integer(StockLevel::Reserved))
        .primary_key(Index::create().col(StockLevel::VariantId).col(StockLevel::LocationId))
        // The last word on overselling, whatever the code above believes.
        .check(Expr::col(StockLevel::Reserved).gte(0))
        .check(Expr::col(StockLevel::Reserved).lte(Expr::col(StockLevel::OnHand)))
        .check(Expr::col(StockLevel::OnHand).lte(Expr::col(StockLevel::Received)))
        .to_owned();
    manager.create_table(table).await
}

async fn create_reservation(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(Reservation::Table)
        .col(string(Reservation::OrderId).primary_key())
        .col(string_null(Reservation::Owner))
        .col(string(Reservation::State))
        .col(text(Reservation::Shortages))
        .col(timestamp_with_time_zone_null(Reservation::ExpiresAt))
        .to_owned();
    manager.create_table(table).await?;
    let expiring = Index::create()
        .name("reservation_expiring")
        .table(Reservation::Table)
        .col(Reservation::ExpiresAt)
        .and_where(Expr::col(Reservation::State).eq("HELD"))
        .to_owned();
    manager.create_index(expiring).await?;
    let line = Table::create()
        .table(ReservationLine::Table)
        .col(string(ReservationLine::OrderId))
        .col(string(ReservationLine::VariantId))
        .col(string(ReservationLine::LocationId))
        .col(big_integer(ReservationLine::Quantity))
        .primary_key(
            Index::create()
                .col(ReservationLine::OrderId)
                .col(ReservationLine::VariantId)
                .col(ReservationLine::LocationId),
        )
        .check(Expr::col(ReservationLine::Quantity).gt(0))
        .to_owned();
    manager.create_table(line).await
}

async fn create_stock_entry(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(StockEntry::Table)
        .col(big_integer(StockEntry::Seq).auto_increment().primary_key())
        .col(string(StockEntry::VariantId))
        .col(string(StockEntry::LocationId))
        .col(string_null(StockEntry::OrderId))
        .col(string(StockEntry::Kind))
        .col(big_integer(StockEntry::Units))
        .col(timestamp_with_time_zone(StockEntry::At))
        .to_owned();
    manager.create_table(table).await
}
