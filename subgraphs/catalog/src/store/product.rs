//! Products and their details as rows.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use kit::db::Among;
use kit::{Failure, Result};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use vocab::{CategoryId, CurrencyCode, Money, ProductId};

use super::{IDS_PER_STATEMENT, Store, rows_per_statement};
use crate::product::{Detail, PriceRange, Product};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "product")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub slug: String,
        pub title: String,
        pub brand: String,
        pub category_id: String,
        pub released_on: Option<Date>,
        #[sea_orm(column_type = "Text")]
        pub media: String,
        #[sea_orm(column_type = "Text")]
        pub options: String,
        pub currency: String,
        pub price_min_minor: i64,
        pub price_max_minor: i64,
        pub rank: i64,
        pub version: i64,
        pub digest: String,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod detail_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "product_detail")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub product_id: String,
        #[sea_orm(column_type = "Text")]
        pub description: String,
        #[sea_orm(column_type = "Text")]
        pub attributes: String,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

const COLUMNS: usize = 14;
const DETAIL_COLUMNS: usize = 3;

impl TryFrom<row::Model> for Product {
    type Error = Failure;

    fn try_from(row: row::Model) -> Result<Self> {
        let currency = CurrencyCode::stored(&row.currency)?;
        Ok(Self {
            id: ProductId::parse(&row.id)?,
            slug: row.slug,
            title: row.title,
            brand: row.brand,
            category: CategoryId::parse(&row.category_id)?,
            released_on: row.released_on,
            media: serde_json::from_str(&row.media)?,
            options: serde_json::from_str(&row.options)?,
            prices: PriceRange {
                min: Money::new(row.price_min_minor, currency),
                max: Money::new(row.price_max_minor, currency),
            },
            rank: row.rank,
            version: row.version,
        })
    }
}

fn active(product: &Product, digest: &str) -> Result<row::ActiveModel> {
    Ok(row::ActiveModel {
        id: Set(product.id.to_string()),
        slug: Set(product.slug.clone()),
        title: Set(product.title.clone()),
        brand: Set(product.brand.clone()),
        category_id: Set(product.category.to_string()),
        released_on: Set(product.released_on),
        media: Set(serde_json::to_string(&product.media)?),
        options: Set(serde_json::to_string(&product.options)?),
        currency: Set(product.prices.min.currency.to_string()),
        price_min_minor: Set(product.prices.min.minor),
        price_max_minor: Set(product.prices.max.minor),
        rank: Set(product.rank),
        version: Set(product.version),
        digest: Set(digest.to_owned()),
    })
}

impl TryFrom<detail_row::Model> for Detail {
    type Error = Failure;

    fn try_from(row: detail_row::Model) -> Result<Self> {
        Ok(Self { description: row.description, attributes: serde_json::from_str(&row.attributes)? })
    }
}

/// What is known of a product that an import names again.
pub(super) struct Known {
    pub version: i64,
    pub digest: String,
}

pub(super) async fn known(connection: &impl ConnectionTrait, ids: &[&str]) -> Result<HashMap<String, Known>> {
    let mut known = HashMap::new();
    for some in ids.chunks(IDS_PER_STATEMENT) {
        let rows: Vec<(String, i64, String)> = row::Entity::find()
            .select_only()
            .columns([row::Column::Id, row::Column::Version, row::Column::Digest])
            .filter(row::Column::Id.among(some.iter().copied()))
            .into_tuple()
            .all(connection)
            .await?;
        known.extend(rows.into_iter().map(|(id, version, digest)| (id, Known { version, digest })));
    }
    Ok(known)
}

/// Whose slug is whose, among these slugs.
pub(super) async fn slugs(connection: &impl ConnectionTrait, slugs: &[&str]) -> Result<HashMap<String, String>> {
    let mut holders = HashMap::new();
    for some in slugs.chunks(IDS_PER_STATEMENT) {
        let rows: Vec<(String, String)> = row::Entity::find()
            .select_only()
            .columns([row::Column::Slug, row::Column::Id])
            .filter(row::Column::Slug.among(some.iter().copied()))
            .into_tuple()
            .all(connection)
            .await?;
        holders.extend(rows);
    }
    Ok(holders)
}

/// The currency of the catalogue, once it has a product.
pub(super) async fn currency(connection: &impl ConnectionTrait) -> Result<Option<CurrencyCode>> {
    let stored: Option<String> =
        row::Entity::find().select_only().column(row::Column::Currency).into_tuple().one(connection).await?;
    Ok(stored.as_deref().map(CurrencyCode::stored).transpose()?)
}

/// Writes products over what was known of them. Each comes with the digest of its words.
pub(super) async fn upsert(connection: &impl ConnectionTrait, products: &[(&Product, &Detail, &str)]) -> Result<()> {
    for some in products.chunks(rows_per_statement(COLUMNS)) {
        let rows: Vec<row::ActiveModel> =
            some.iter().map(|(product, _, digest)| active(product, digest)).collect::<Result<_>>()?;
        let replace = OnConflict::column(row::Column::Id)
            .update_columns([
                row::Column::Slug,
                row::Column::Title,
                row::Column::Brand,
                row::Column::CategoryId,
                row::Column::ReleasedOn,
                row::Column::Media,
                row::Column::Options,
                row::Column::Currency,
                row::Column::PriceMinMinor,
                row::Column::PriceMaxMinor,
                row::Column::Rank,
                row::Column::Version,
                row::Column::Digest,
            ])
            .to_owned();
        row::Entity::insert_many(rows).on_conflict(replace).exec_without_returning(connection).await?;
    }
    for some in products.chunks(rows_per_statement(DETAIL_COLUMNS)) {
        let mut rows = Vec::with_capacity(some.len());
        for (product, detail, _) in some {
            rows.push(detail_row::ActiveModel {
                product_id: Set(product.id.to_string()),
                description: Set(detail.description.clone()),
                attributes: Set(serde_json::to_string(&detail.attributes)?),
            });
        }
        let replace = OnConflict::column(detail_row::Column::ProductId)
            .update_columns([detail_row::Column::Description, detail_row::Column::Attributes])
            .to_owned();
        detail_row::Entity::insert_many(rows).on_conflict(replace).exec_without_returning(connection).await?;
    }
    Ok(())
}

/// Counts a change of each of these products, whose rows stay as they are but for that.
pub(super) async fn bump(connection: &impl ConnectionTrait, products: &[Product]) -> Result<()> {
    use sea_orm::sea_query::{Expr, ExprTrait};
    let ids = products.iter().map(|product| product.id.as_str());
    row::Entity::update_many()
        .col_expr(row::Column::Version, Expr::col(row::Column::Version).add(1))
        .filter(row::Column::Id.among(ids))
        .exec(connection)
        .await?;
    Ok(())
}

/// Products in order of their ids, behind `after`, of all categories or of some.
pub(super) async fn walk(
    connection: &impl ConnectionTrait,
    categories: Option<&[CategoryId]>,
    after: Option<&ProductId>,
    limit: u64,
) -> Result<Vec<Product>> {
    let mut products = row::Entity::find().order_by_asc(row::Column::Id).limit(limit);
    if let Some(categories) = categories {
        products = products.filter(row::Column::CategoryId.among(categories.iter().map(CategoryId::as_str)));
    }
    if let Some(after) = after {
        products = products.filter(row::Column::Id.gt(after.as_str()));
    }
    products.all(connection).await?.into_iter().map(Product::try_from).collect()
}

pub(super) async fn count(connection: &impl ConnectionTrait) -> Result<u64> {
    Ok(row::Entity::find().count(connection).await?)
}

pub(super) async fn details(connection: &impl ConnectionTrait, ids: &[&str]) -> Result<HashMap<String, Detail>> {
    let wanted = detail_row::Column::ProductId.among(ids.iter().copied());
    let rows = detail_row::Entity::find().filter(wanted).all(connection).await?;
    rows.into_iter().map(|row| Ok((row.product_id.clone(), Detail::try_from(row)?))).collect()
}

pub(super) async fn by_ids(connection: &impl ConnectionTrait, ids: &[&str]) -> Result<Vec<Product>> {
    let rows = row::Entity::find().filter(row::Column::Id.among(ids.iter().copied())).all(connection).await?;
    rows.into_iter().map(Product::try_from).collect()
}

/// The product with this id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProductById(pub ProductId);

impl Loader<ProductById> for Store {
    type Value = Arc<Product>;
    type Error = Failure;

    async fn load(&self, keys: &[ProductById]) -> Result<HashMap<ProductById, Arc<Product>>> {
        let ids: Vec<&str> = keys.iter().map(|ProductById(id)| id.as_str()).collect();
        let products = by_ids(self.db.reader(), &ids).await?;
        Ok(products.into_iter().map(|product| (ProductById(product.id.clone()), Arc::new(product))).collect())
    }
}

/// The product with this slug.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProductBySlug(pub String);

impl Loader<ProductBySlug> for Store {
    type Value = Arc<Product>;
    type Error = Failure;

    async fn load(&self, keys: &[ProductBySlug]) -> Result<HashMap<ProductBySlug, Arc<Product>>> {
        let slugs = keys.iter().map(|ProductBySlug(slug)| slug.as_str());
        let rows = row::Entity::find().filter(row::Column::Slug.among(slugs)).all(self.db.reader()).await?;
        let products = rows.into_iter().map(Product::try_from);
        products.map(|product| product.map(|found| (ProductBySlug(found.slug.clone()), Arc::new(found)))).collect()
    }
}

/// The description and the attributes of a product.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DetailOf(pub ProductId);

impl Loader<DetailOf> for Store {
    type Value = Arc<Detail>;
    type Error = Failure;

    async fn load(&self, keys: &[DetailOf]) -> Result<HashMap<DetailOf, Arc<Detail>>> {
        let ids: Vec<&str> = keys.iter().map(|DetailOf(id)| id.as_str()).collect();
        let mut details = details(self.db.reader(), &ids).await?;
        let found = keys.iter().filter_map(|key| Some((key.clone(), Arc::new(details.remove(key.0.as_str())?))));
        Ok(found.collect())
    }
}
