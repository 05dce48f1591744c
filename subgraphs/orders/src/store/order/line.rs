//! The lines of orders.

use std::collections::HashMap;

use kit::db::Among;
use kit::{Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, Set};
use vocab::{CurrencyCode, Money, OrderLineId, ProductId, VariantId};

use crate::order::{Order, OrderLine};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_line")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub order_id: String,
    pub variant_id: String,
    pub product_id: String,
    pub sku: String,
    pub title: String,
    pub options: Option<String>,
    pub unit_minor: i64,
    pub weight_grams: i32,
    pub quantity: i32,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(super) fn line(self, currency: CurrencyCode) -> Result<OrderLine> {
        Ok(OrderLine {
            id: OrderLineId::parse(&self.id)?,
            variant_id: VariantId::parse(&self.variant_id)?,
            product_id: ProductId::parse(&self.product_id)?,
            sku: self.sku,
            title: self.title,
            options: self.options,
            unit: Money::new(self.unit_minor, currency),
            weight_grams: u32::try_from(self.weight_grams)?,
            quantity: u32::try_from(self.quantity)?,
        })
    }
}

/// The lines of each order, as they stood in the cart.
pub(super) async fn of_orders(
    db: &impl ConnectionTrait,
    orders: impl IntoIterator<Item = &str>,
) -> Result<HashMap<String, Vec<Model>>> {
    let rows = Entity::find().filter(Column::OrderId.among(orders)).order_by_asc(Column::Id).all(db).await?;
    let mut lines: HashMap<String, Vec<Model>> = HashMap::new();
    for row in rows {
        lines.entry(row.order_id.clone()).or_default().push(row);
    }
    Ok(lines)
}

pub(super) async fn insert(txn: &Txn, order: &Order) -> Result<()> {
    let mut rows = Vec::with_capacity(order.lines.len());
    for line in &order.lines {
        rows.push(ActiveModel {
            id: Set(line.id.to_string()),
            order_id: Set(order.id.to_string()),
            variant_id: Set(line.variant_id.to_string()),
            product_id: Set(line.product_id.to_string()),
            sku: Set(line.sku.clone()),
            title: Set(line.title.clone()),
            options: Set(line.options.clone()),
            unit_minor: Set(line.unit.minor),
            weight_grams: Set(i32::try_from(line.weight_grams)?),
            quantity: Set(i32::try_from(line.quantity)?),
        });
    }
    Entity::insert_many(rows).exec_without_returning(&**txn).await?;
    Ok(())
}
