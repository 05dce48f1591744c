//! One shipment for each order, or the order's bar against ever having one; and where its parcel has been.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, string, string_null, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0003_shipment"
    }
}

#[derive(DeriveIden)]
enum Shipment {
    Table,
    OrderId,
    Id,
    State,
    Owner,
    Method,
    Country,
    /// JSON, and only until the carrier has answered: then the address is the carrier's to keep.
    Address,
    /// JSON: what is in the parcel never changes.
    Lines,
    Carrier,
    TrackingNumber,
    RefusalMessage,
    EstimatedDelivery,
    CreatedAt,
}

#[derive(DeriveIden)]
enum TrackingEvent {
    Table,
    Seq,
    ShipmentId,
    At,
    State,
    Place,
    Message,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let shipment = Table::create()
            .table(Shipment::Table)
            .col(string(Shipment::OrderId).primary_key())
            .col(string(Shipment::Id).unique_key())
            .col(string(Shipment::State))
            .col(string_null(Shipment::Owner))
            .col(string_null(Shipment::Method))
            .col(string_null(Shipment::Country))
            .col(text_null(Shipment::Address))
            .col(text(Shipment::Lines))
            .col(string_null(Shipment::Carrier))
            .col(string_null(Shipment::TrackingNumber))
            .col(text_null(Shipment::RefusalMessage))
            .col(timestamp_with_time_zone_null(Shipment::EstimatedDelivery))
            .col(timestamp_with_time_zone(Shipment::CreatedAt))
            .to_owned();
        manager.create_table(shipment).await?;
        let event = Table::create()
            .table(TrackingEvent::Table)
            .col(big_integer(TrackingEvent::Seq).auto_increment().primary_key())
            .col(string(TrackingEvent::ShipmentId))
            .col(timestamp_with_time_zone(TrackingEvent::At))
            .col(string(TrackingEvent::State))
            .col(string_null(TrackingEvent::Place))
            .col(text(TrackingEvent::Message))
            .to_owned();
        manager.create_table(event).await?;
        let by_shipment = Index::create()
            .name("tracking_event_shipment")
            .table(TrackingEvent::Table)
            .col(TrackingEvent::ShipmentId)
            .col(TrackingEvent::Seq)
            .to_owned();
        manager.create_index(by_shipment).await
    }
}
