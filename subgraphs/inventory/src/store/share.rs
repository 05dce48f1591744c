//! What is, or was, promised to orders, as rows.

use std::collections::HashMap;

use kit::db::Among;
use kit::{Result, Txn};
use sea_orm::{EntityTrait, QueryFilter, QueryOrder, Set};
use vocab::VariantId;

use super::rows_per_statement;
use crate::location::LocationId;
use crate::stock::Share;

pub(super) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "reservation_line")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub variant_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub location_id: String,
        pub quantity: i64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

const COLUMNS: usize = 4;

/// The shares of each of these orders.
pub(super) async fn of_orders(txn: &Txn, orders: &[&str]) -> Result<HashMap<String, Vec<Share>>> {
    let mut shares: HashMap<String, Vec<Share>> = HashMap::new();
    if orders.is_empty() {
        return Ok(shares);
    }
    let lines = row::Entity::find()
        .filter(row::Column::OrderId.among(orders.iter().copied()))
        .order_by_asc(row::Column::VariantId)
        .order_by_asc(row::Column::LocationId)
        .all(&**txn)
        .await?;
    for line in lines {
        let (variant, location) = (VariantId::parse(&line.variant_id)?, LocationId::stored(line.location_id));
        shares.entry(line.order_id).or_default().push(Share { variant, location, units: line.quantity });
    }
    Ok(shares)
}

pub(super) async fn forget(txn: &Txn, orders: &[&str]) -> Result<()> {
    if !orders.is_empty() {
        row::Entity::delete_many().filter(row::Column::OrderId.among(orders.iter().copied())).exec(&**txn).await?;
    }
    Ok(())
}

/// Writes shares down, each with its order.
pub(super) async fn add(txn: &Txn, shares: &[(&str, &Share)]) -> Result<()> {
    for some in shares.chunks(rows_per_statement(COLUMNS)) {
        let rows = some.iter().map(|(order, share)| row::ActiveModel {
            order_id: Set((*order).to_owned()),
            variant_id: Set(share.variant.to_string()),
            location_id: Set(share.location.to_string()),
            quantity: Set(share.units),
        });
        row::Entity::insert_many(rows).exec_without_returning(&**txn).await?;
    }
    Ok(())
}
