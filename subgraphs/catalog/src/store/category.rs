//! Categories as rows.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use kit::db::Among;
use kit::{Failure, Result};
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Set};
use vocab::CategoryId;

use super::{Store, rows_per_statement};
use crate::category::Category;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "category")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub slug: String,
        pub name: String,
        pub parent_id: Option<String>,
        #[sea_orm(column_type = "Text")]
        pub path: String,
        pub position: i32,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

const COLUMNS: usize = 6;

impl TryFrom<row::Model> for Category {
    type Error = Failure;

    fn try_from(row: row::Model) -> Result<Self> {
        Ok(Self {
            id: CategoryId::parse(&row.id)?,
            slug: row.slug,
            name: row.name,
            parent: row.parent_id.as_deref().map(CategoryId::parse).transpose()?,
            path: row.path.split('/').map(CategoryId::parse).collect::<Result<_, _>>()?,
            position: row.position,
        })
    }
}

impl From<&Category> for row::ActiveModel {
    fn from(category: &Category) -> Self {
        let path: Vec<&str> = category.path.iter().map(CategoryId::as_str).collect();
        Self {
            id: Set(category.id.to_string()),
            slug: Set(category.slug.clone()),
            name: Set(category.name.clone()),
            parent_id: Set(category.parent.as_ref().map(CategoryId::to_string)),
            path: Set(path.join("/")),
            position: Set(category.position),
        }
    }
}

/// Every category by its id. Categories are few; whoever changes products needs most of them.
pub(super) async fn all(connection: &impl ConnectionTrait) -> Result<HashMap<CategoryId, Category>> {
    let rows = row::Entity::find().all(connection).await?;
    rows.into_iter().map(|row| Category::try_from(row).map(|category| (category.id.clone(), category))).collect()
}

pub(super) async fn upsert(connection: &impl ConnectionTrait, categories: &[Category]) -> Result<()> {
    for some in categories.chunks(rows_per_statement(COLUMNS)) {
        let replace = OnConflict::column(row::Column::Id)
            .update_columns([
                row::Column::Slug,
                row::Column::Name,
                row::Column::ParentId,
                row::Column::Path,
                row::Column::Position,
            ])
            .to_owned();
        row::Entity::insert_many(some.iter().map(row::ActiveModel::from))
            .on_conflict(replace)
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

/// The category with this id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CategoryById(pub CategoryId);

impl Loader<CategoryById> for Store {
    type Value = Arc<Category>;
    type Error = Failure;

    async fn load(&self, keys: &[CategoryById]) -> Result<HashMap<CategoryById, Arc<Category>>> {
        let ids = keys.iter().map(|CategoryById(id)| id.as_str());
        let rows = row::Entity::find().filter(row::Column::Id.among(ids)).all(self.db.reader()).await?;
        let categories = rows.into_iter().map(Category::try_from);
        categories.map(|category| category.map(|found| (CategoryById(found.id.clone()), Arc::new(found)))).collect()
    }
}

/// The category with this slug.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CategoryBySlug(pub String);

impl Loader<CategoryBySlug> for Store {
    type Value = Arc<Category>;
    type Error = Failure;

    async fn load(&self, keys: &[CategoryBySlug]) -> Result<HashMap<CategoryBySlug, Arc<Category>>> {
        let slugs = keys.iter().map(|CategoryBySlug(slug)| slug.as_str());
        let rows = row::Entity::find().filter(row::Column::Slug.among(slugs)).all(self.db.reader()).await?;
        let categories = rows.into_iter().map(Category::try_from);
        categories.map(|category| category.map(|found| (CategoryBySlug(found.slug.clone()), Arc::new(found)))).collect()
    }
}

/// What stands right below a category, in order; without one, what stands at the top.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChildrenOf(pub Option<CategoryId>);

impl Loader<ChildrenOf> for Store {
    type Value = Vec<Arc<Category>>;
    type Error = Failure;

    async fn load(&self, keys: &[ChildrenOf]) -> Result<HashMap<ChildrenOf, Vec<Arc<Category>>>> {
        let parents = keys.iter().filter_map(|ChildrenOf(parent)| parent.as_ref());
        let mut wanted = row::Column::ParentId.among(parents.map(CategoryId::as_str));
        if keys.contains(&ChildrenOf(None)) {
            wanted = wanted.or(row::Column::ParentId.is_null());
        }
        let rows = row::Entity::find()
            .filter(wanted)
            .order_by_asc(row::Column::Position)
            .order_by_asc(row::Column::Id)
            .all(self.db.reader())
            .await?;
        let mut children: HashMap<ChildrenOf, Vec<Arc<Category>>> = HashMap::new();
        for row in rows {
            let category = Category::try_from(row)?;
            children.entry(ChildrenOf(category.parent.clone())).or_default().push(Arc::new(category));
        }
        Ok(children)
    }
}
