//! Stock levels as rows.

use std::collections::{BTreeMap, HashMap};

use async_graphql::dataloader::Loader;
use kit::db::Among;
use kit::{Failure, Result, Txn};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, OnConflict, Query};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use vocab::{ProductId, VariantId};

use super::{IDS_PER_STATEMENT, Store, rows_per_statement, variant};
use crate::location::LocationId;
use crate::stock::{Level, Share, StockState};

pub(super) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "stock_level")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub variant_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub location_id: String,
        pub received: i64,
        pub on_hand: i64,
        pub reserved: i64,
        pub version: i64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

const COLUMNS: usize = 6;

impl TryFrom<row::Model> for Level {
    type Error = Failure;

    fn try_from(row: row::Model) -> Result<Self> {
        Ok(Self {
            variant: VariantId::parse(&row.variant_id)?,
            location: LocationId::stored(row.location_id),
            received: row.received,
            on_hand: row.on_hand,
            reserved: row.reserved,
            version: row.version,
        })
    }
}

/// The levels of these variants, which nobody else may change until this transaction ends. Everybody locks in the order
/// of variants and locations, so no two wait for each other.
pub(super) async fn lock<'a>(txn: &Txn, variants: impl IntoIterator<Item = &'a VariantId>) -> Result<Vec<Level>> {
    let ids: Vec<&str> = variants.into_iter().map(VariantId::as_str).collect();
    let mut levels = Vec::new();
    for some in ids.chunks(IDS_PER_STATEMENT) {
        let rows = row::Entity::find()
            .filter(row::Column::VariantId.among(some.iter().copied()))
            .order_by_asc(row::Column::VariantId)
            .order_by_asc(row::Column::LocationId)
            .lock_exclusive()
            .all(&**txn)
            .await?;
        for row in rows {
            levels.push(Level::try_from(row)?);
        }
    }
    Ok(levels)
}

/// Writes what has become of levels, each one version on. One statement checks that they still are as they were read, and
/// changes them; it is all or an error.
pub(super) async fn keep(txn: &Txn, levels: &[Level]) -> Result<()> {
    for some in levels.chunks(rows_per_statement(COLUMNS)) {
        let rows = some.iter().map(|level| row::ActiveModel {
            variant_id: Set(level.variant.to_string()),
            location_id: Set(level.location.to_string()),
            received: Set(level.received),
            on_hand: Set(level.on_hand),
            reserved: Set(level.reserved),
            version: Set(level.version),
        });
        let next = Expr::col((Alias::new("excluded"), row::Column::Version));
        let change = OnConflict::columns([row::Column::VariantId, row::Column::LocationId])
            .update_columns([row::Column::OnHand, row::Column::Reserved, row::Column::Version])
            .action_and_where(Expr::col((row::Entity, row::Column::Version)).add(1_i64).eq(next))
            .to_owned();
        let kept = row::Entity::insert_many(rows).on_conflict(change).exec_without_returning(&**txn).await?;
        if kept != some.len() as u64 {
            let changed = some.len();
            return Err(Failure::fault(anyhow::anyhow!("only {kept} of {changed} levels were as they had been read")));
        }
    }
    Ok(())
}

/// Brings what these levels have received to what is stated. What was sold or reserved stays so.
pub(super) async fn receive(connection: &impl ConnectionTrait, stated: &[Share]) -> Result<()> {
    for some in stated.chunks(rows_per_statement(COLUMNS)) {
        let rows = some.iter().map(|share| row::ActiveModel {
            variant_id: Set(share.variant.to_string()),
            location_id: Set(share.location.to_string()),
            received: Set(share.units),
            on_hand: Set(share.units),
            reserved: Set(0),
            version: Set(1),
        });
        let add = OnConflict::columns([row::Column::VariantId, row::Column::LocationId])
            .value(row::Column::OnHand, Expr::cust("stock_level.on_hand + excluded.received - stock_level.received"))
            .value(row::Column::Version, Expr::cust("stock_level.version + 1"))
            .update_column(row::Column::Received)
            .to_owned();
        row::Entity::insert_many(rows).on_conflict(add).exec_without_returning(connection).await?;
    }
    Ok(())
}

/// The free units of variants, which a condition picks, each with its product.
async fn free_units(store: &Store, wanted: Expr) -> Result<Vec<(String, String, i64)>> {
    let free = Expr::col((row::Entity, row::Column::OnHand)).sub(Expr::col((row::Entity, row::Column::Reserved)));
    let sum = Func::coalesce([Func::sum(free).into(), Expr::value(0_i64)]);
    let select = Query::select()
        .column((variant::row::Entity, variant::row::Column::Id))
        .column((variant::row::Entity, variant::row::Column::ProductId))
        .expr_as(Expr::expr(sum).cast_as(Alias::new("bigint")), Alias::new("free"))
        .from(variant::row::Entity)
        .left_join(
            row::Entity,
            Expr::col((row::Entity, row::Column::VariantId)).equals((variant::row::Entity, variant::row::Column::Id)),
        )
        .and_where(wanted)
        .group_by_col((variant::row::Entity, variant::row::Column::Id))
        .group_by_col((variant::row::Entity, variant::row::Column::ProductId))
        .to_owned();
    let rows = store.db.reader().query_all(&select).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("", "id")?, row.try_get("", "product_id")?, row.try_get("", "free")?)))
        .collect()
}

/// How many units of a variant anybody could have now, over all locations.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FreeOf(pub VariantId);

impl Loader<FreeOf> for Store {
    type Value = i64;
    type Error = Failure;

    async fn load(&self, keys: &[FreeOf]) -> Result<HashMap<FreeOf, i64>> {
        let ids = keys.iter().map(|FreeOf(variant)| variant.as_str());
        let wanted = Expr::col((variant::row::Entity, variant::row::Column::Id)).is_in(ids);
        let found: HashMap<String, i64> =
            free_units(self, wanted).await?.into_iter().map(|(id, _, free)| (id, free)).collect();
        Ok(keys.iter().filter_map(|key| Some((key.clone(), *found.get(key.0.as_str())?))).collect())
    }
}

/// How a product stands: as its best stocked variant does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StockOf(pub ProductId);

impl Loader<StockOf> for Store {
    type Value = StockState;
    type Error = Failure;

    async fn load(&self, keys: &[StockOf]) -> Result<HashMap<StockOf, StockState>> {
        let ids = keys.iter().map(|StockOf(product)| product.as_str());
        let wanted = Expr::col((variant::row::Entity, variant::row::Column::ProductId)).is_in(ids);
        let mut best: BTreeMap<String, StockState> = BTreeMap::new();
        for (_, product, free) in free_units(self, wanted).await? {
            let state = StockState::of(free);
            let so_far = best.entry(product).or_insert(state);
            *so_far = state.max(*so_far);
        }
        Ok(keys.iter().filter_map(|key| Some((key.clone(), *best.get(key.0.as_str())?))).collect())
    }
}
