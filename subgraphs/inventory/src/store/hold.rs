//! What one buyer holds of a variant, over all orders that are not paid yet.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use kit::{Result, Txn};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Query};
use vocab::VariantId;

use super::reservation::row;
use super::share::row as line_row;

/// The condition as the index `reservation_held_by` has it. A plan for any parameter could not use that index.
const HELD: &str = "reservation.state = 'HELD'";

/// What these buyers hold of these variants. Whoever asks holds the locks of the variants' levels: until they let go, no
/// other order adds to the sums.
pub(super) async fn held_by(
    txn: &Txn,
    owners: &BTreeSet<&str>,
    variants: &BTreeSet<&VariantId>,
    now: DateTime<Utc>,
) -> Result<BTreeMap<String, BTreeMap<VariantId, i64>>> {
    let (owner, variant) = ((row::Entity, row::Column::Owner), (line_row::Entity, line_row::Column::VariantId));
    let units = Func::sum(Expr::col((line_row::Entity, line_row::Column::Quantity)));
    let select = Query::select()
        .column(owner)
        .column(variant)
        .expr_as(Expr::expr(units).cast_as(Alias::new("bigint")), Alias::new("units"))
        .from(row::Entity)
        .inner_join(
            line_row::Entity,
            Expr::col((line_row::Entity, line_row::Column::OrderId)).equals((row::Entity, row::Column::OrderId)),
        )
        .and_where(Expr::col(owner).is_in(owners.iter().copied()))
        .and_where(Expr::cust(HELD))
        .and_where(Expr::col((row::Entity, row::Column::ExpiresAt)).gt(now))
        .and_where(Expr::col(variant).is_in(variants.iter().map(|variant| variant.as_str())))
        .group_by_col(owner)
        .group_by_col(variant)
        .to_owned();
    let mut held: BTreeMap<String, BTreeMap<VariantId, i64>> = BTreeMap::new();
    for row in txn.query_all(&select).await? {
        let variant = VariantId::parse(&row.try_get::<String>("", "variant_id")?)?;
        held.entry(row.try_get("", "owner")?).or_default().insert(variant, row.try_get("", "units")?);
    }
    Ok(held)
}
