//! Variants as rows.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use kit::db::Among;
use kit::graphql::page::Page;
use kit::{Failure, Result};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Order, Query, WindowStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Set};
use vocab::{CurrencyCode, Money, ProductId, VariantId};

use super::{IDS_PER_STATEMENT, Store, rows_per_statement};
use crate::product::{Variant, choice};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "variant")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub product_id: String,
        pub position: i32,
        pub sku: String,
        pub gtin: Option<String>,
        pub title: String,
        #[sea_orm(column_type = "Text")]
        pub options: String,
        pub choice: String,
        pub price_minor: i64,
        pub compare_at_minor: Option<i64>,
        pub currency: String,
        pub weight_grams: Option<i32>,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

const COLUMNS: usize = 12;

impl TryFrom<row::Model> for Variant {
    type Error = Failure;

    fn try_from(row: row::Model) -> Result<Self> {
        let currency = CurrencyCode::stored(&row.currency)?;
        Ok(Self {
            id: VariantId::parse(&row.id)?,
            product: ProductId::parse(&row.product_id)?,
            position: row.position,
            sku: row.sku,
            gtin: row.gtin,
            title: row.title,
            options: serde_json::from_str(&row.options)?,
            price: Money::new(row.price_minor, currency),
            compare_at: row.compare_at_minor.map(|minor| Money::new(minor, currency)),
            weight_grams: row.weight_grams,
        })
    }
}

/// The canonical line of a variant's options.
pub(super) fn choice_of(options: &BTreeMap<String, String>) -> String {
    choice(options.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

fn active(variant: &Variant) -> Result<row::ActiveModel> {
    Ok(row::ActiveModel {
        id: Set(variant.id.to_string()),
        product_id: Set(variant.product.to_string()),
        position: Set(variant.position),
        sku: Set(variant.sku.clone()),
        gtin: Set(variant.gtin.clone()),
        title: Set(variant.title.clone()),
        options: Set(serde_json::to_string(&variant.options)?),
        choice: Set(choice_of(&variant.options)),
        price_minor: Set(variant.price.minor),
        compare_at_minor: Set(variant.compare_at.map(|price| price.minor)),
        currency: Set(variant.price.currency.to_string()),
        weight_grams: Set(variant.weight_grams),
    })
}

/// Which product each of these variants belongs to already.
pub(super) async fn products(connection: &impl ConnectionTrait, ids: &[&str]) -> Result<HashMap<String, String>> {
    let mut products = HashMap::new();
    for some in ids.chunks(IDS_PER_STATEMENT) {
        let rows: Vec<(String, String)> = row::Entity::find()
            .select_only()
            .columns([row::Column::Id, row::Column::ProductId])
            .filter(row::Column::Id.among(some.iter().copied()))
            .into_tuple()
            .all(connection)
            .await?;
        products.extend(rows);
    }
    Ok(products)
}

pub(super) async fn delete_of(connection: &impl ConnectionTrait, products: &[&str]) -> Result<()> {
    for some in products.chunks(IDS_PER_STATEMENT) {
        let theirs = row::Column::ProductId.among(some.iter().copied());
        row::Entity::delete_many().filter(theirs).exec(connection).await?;
    }
    Ok(())
}

pub(super) async fn insert(connection: &impl ConnectionTrait, variants: &[&Variant]) -> Result<()> {
    for some in variants.chunks(rows_per_statement(COLUMNS)) {
        let rows: Vec<row::ActiveModel> = some.iter().map(|variant| active(variant)).collect::<Result<_>>()?;
        row::Entity::insert_many(rows).exec_without_returning(connection).await?;
    }
    Ok(())
}

/// Every variant of these products, by product, in order.
pub(super) async fn all_of(
    connection: &impl ConnectionTrait,
    products: &[&str],
) -> Result<HashMap<ProductId, Vec<Variant>>> {
    let rows = row::Entity::find()
        .filter(row::Column::ProductId.among(products.iter().copied()))
        .order_by_asc(row::Column::ProductId)
        .order_by_asc(row::Column::Position)
        .all(connection)
        .await?;
    let mut variants: HashMap<ProductId, Vec<Variant>> = HashMap::new();
    for row in rows {
        let variant = Variant::try_from(row)?;
        variants.entry(variant.product.clone()).or_default().push(variant);
    }
    Ok(variants)
}

/// The variant with this id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VariantById(pub VariantId);

impl Loader<VariantById> for Store {
    type Value = Arc<Variant>;
    type Error = Failure;

    async fn load(&self, keys: &[VariantById]) -> Result<HashMap<VariantById, Arc<Variant>>> {
        let ids = keys.iter().map(|VariantById(id)| id.as_str());
        let rows = row::Entity::find().filter(row::Column::Id.among(ids)).all(self.db.reader()).await?;
        let variants = rows.into_iter().map(Variant::try_from);
        variants.map(|variant| variant.map(|found| (VariantById(found.id.clone()), Arc::new(found)))).collect()
    }
}

/// The variant of a product that is sold with exactly this choice of options.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VariantByChoice {
    pub product: ProductId,
    pub choice: String,
}

impl Loader<VariantByChoice> for Store {
    type Value = Arc<Variant>;
    type Error = Failure;

    async fn load(&self, keys: &[VariantByChoice]) -> Result<HashMap<VariantByChoice, Arc<Variant>>> {
        let rows = row::Entity::find()
            .filter(row::Column::ProductId.among(keys.iter().map(|key| key.product.as_str())))
            .filter(row::Column::Choice.among(keys.iter().map(|key| key.choice.as_str())))
            .all(self.db.reader())
            .await?;
        let mut found = HashMap::with_capacity(rows.len());
        for row in rows {
            let choice = row.choice.clone();
            let variant = Variant::try_from(row)?;
            found.insert(VariantByChoice { product: variant.product.clone(), choice }, Arc::new(variant));
        }
        Ok(found)
    }
}

/// A page of a product's variants, by position. Up to one row more than the page holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VariantsOf {
    pub product: ProductId,
    pub page: Page<i32>,
}

impl Loader<VariantsOf> for Store {
    type Value = Vec<Arc<Variant>>;
    type Error = Failure;

    async fn load(&self, keys: &[VariantsOf]) -> Result<HashMap<VariantsOf, Vec<Arc<Variant>>>> {
        let mut pages: HashMap<&Page<i32>, Vec<&str>> = HashMap::new();
        for key in keys {
            pages.entry(&key.page).or_default().push(key.product.as_str());
        }
        let mut found: HashMap<VariantsOf, Vec<Arc<Variant>>> = HashMap::with_capacity(keys.len());
        for (page, products) in pages {
            for variant in page_of_each(self.db.reader(), page, &products).await? {
                let key = VariantsOf { product: variant.product.clone(), page: page.clone() };
                found.entry(key).or_default().push(Arc::new(variant));
            }
        }
        Ok(found)
    }
}

/// The same page of many products, in one statement.
async fn page_of_each(connection: &impl ConnectionTrait, page: &Page<i32>, products: &[&str]) -> Result<Vec<Variant>> {
    let number = Alias::new("number");
    let in_order =
        WindowStatement::partition_by(row::Column::ProductId).order_by(row::Column::Position, Order::Asc).to_owned();
    let mut numbered = Query::select();
    numbered
        .expr(Expr::col(sea_orm::sea_query::Asterisk))
        .expr_window_as(Func::cust("ROW_NUMBER"), in_order, number.clone())
        .from(row::Entity)
        .and_where(row::Column::ProductId.among(products.iter().copied()))
        .and_where_option(page.after.map(|position| row::Column::Position.gt(position)));
    let select = Query::select()
        .expr(Expr::col(sea_orm::sea_query::Asterisk))
        .from_subquery(numbered, Alias::new("numbered"))
        .and_where(Expr::col(number).lte(i64::from(page.first) + 1))
        .order_by(row::Column::ProductId, Order::Asc)
        .order_by(row::Column::Position, Order::Asc)
        .to_owned();
    let rows = connection.query_all(&select).await?;
    rows.iter().map(|row| Variant::try_from(row::Model::from_query_result(row, "")?)).collect()
}
