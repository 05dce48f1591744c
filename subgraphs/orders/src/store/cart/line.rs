//! The lines of carts.

use std::collections::HashMap;

use kit::db::Among;
use kit::{Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{Iterable, QueryOrder, Set};
use vocab::{CartLineId, CurrencyCode, Money, ProductId, Quantity, VariantId};

use crate::cart::{Cart, CartLine};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cart_line")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub cart_id: String,
    pub variant_id: String,
    pub product_id: String,
    pub sku: String,
    pub title: String,
    pub options: Option<String>,
    pub unit_minor: i64,
    pub weight_grams: Option<i32>,
    pub quantity: i32,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(super) fn line(self, currency: CurrencyCode) -> Result<CartLine> {
        Ok(CartLine {
            id: CartLineId::parse(&self.id)?,
            variant_id: VariantId::parse(&self.variant_id)?,
            product_id: ProductId::parse(&self.product_id)?,
            sku: self.sku,
            title: self.title,
            options: self.options,
            unit: Money::new(self.unit_minor, currency),
            weight_grams: self.weight_grams.map(u32::try_from).transpose()?,
            quantity: Quantity::try_new(self.quantity)?,
        })
    }
}

fn row(cart: &Cart, line: &CartLine) -> Result<ActiveModel> {
    Ok(ActiveModel {
        id: Set(line.id.to_string()),
        cart_id: Set(cart.id.to_string()),
        variant_id: Set(line.variant_id.to_string()),
        product_id: Set(line.product_id.to_string()),
        sku: Set(line.sku.clone()),
        title: Set(line.title.clone()),
        options: Set(line.options.clone()),
        unit_minor: Set(line.unit.minor),
        weight_grams: Set(line.weight_grams.map(i32::try_from).transpose()?),
        quantity: Set(i32::try_from(line.quantity.get())?),
    })
}

/// The lines of each cart, in the order in which they were added.
pub(in crate::store) async fn of_carts(
    db: &impl ConnectionTrait,
    carts: impl IntoIterator<Item = &str>,
) -> Result<HashMap<String, Vec<Model>>> {
    let rows = Entity::find().filter(Column::CartId.among(carts)).order_by_asc(Column::Id).all(db).await?;
    let mut lines: HashMap<String, Vec<Model>> = HashMap::new();
    for row in rows {
        lines.entry(row.cart_id.clone()).or_default().push(row);
    }
    Ok(lines)
}

/// Writes the lines of a cart, and drops those that are in it no more.
pub(super) async fn save(txn: &Txn, cart: &Cart) -> Result<()> {
    Entity::delete_many()
        .filter(Column::CartId.eq(cart.id.as_str()))
        .filter(Column::Id.is_not_in(cart.lines.iter().map(|line| line.id.as_str())))
        .exec(&**txn)
        .await?;
    if cart.lines.is_empty() {
        return Ok(());
    }
    let rows = cart.lines.iter().map(|line| row(cart, line)).collect::<Result<Vec<_>>>()?;
    let replace = OnConflict::column(Column::Id)
        .update_columns(Column::iter().filter(|column| !matches!(column, Column::Id | Column::CartId)))
        .to_owned();
    Entity::insert_many(rows).on_conflict(replace).exec_without_returning(&**txn).await?;
    Ok(())
}
