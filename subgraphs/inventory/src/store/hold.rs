//! What one buyer holds of a variant, over all orders that are not paid yet.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use kit::{Result, Txn};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Query};
use vocab::VariantId;

use super::reservation::{line_row, row};

/// The condition as the index `reservation_held_by` has it. A plan for any parameter could not use that index.
const HELD: &str = "reservation.state = 'HELD'";

/// Whoever asks holds the locks of these variants' levels: until they let go, no other order adds to the sum.
pub(super) async fn held_by(
    txn: &Txn,
    owner: &str,
    variants: impl Iterator<Item = &VariantId>,
    now: DateTime<Utc>,
) -> Result<BTreeMap<VariantId, i64>> {
    let variant = (line_row::Entity, line_row::Column::VariantId);
    let units = Func::sum(Expr::col((line_row::Entity, line_row::Column::Quantity)));
    let select = Query::select()
        .column(variant)
        .expr_as(Expr::expr(units).cast_as(Alias::new("bigint")), Alias::new("units"))
        .from(row::Entity)
        .inner_join(
            line_row::Entity,
            Expr::col((line_row::Entity, line_row::Column::OrderId)).equals((row::Entity, row::Column::OrderId)),
        )
        .and_where(Expr::col((row::Entity, row::Column::Owner)).eq(owner))
        .and_where(Expr::cust(HELD))
        .and_where(Expr::col((row::Entity, row::Column::ExpiresAt)).gt(now))
        .and_where(Expr::col(variant).is_in(variants.map(VariantId::as_str)))
        .group_by_col(variant)
        .to_owned();
    let rows = txn.query_all(&select).await?;
    rows.iter()
        .map(|row| Ok((VariantId::parse(&row.try_get::<String>("", "variant_id")?)?, row.try_get("", "units")?)))
        .collect()
}
