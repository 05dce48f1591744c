//! Whoever fills carts: which guests we know, and whose turn it is.

use kit::{Owner, Result, Txn};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect, Statement};

use super::{Store, cart, order};

impl Store {
    /// Whether we gave a guest the secret of `guest`. Nothing is kept under a secret before it is given out, so one under
    /// which nothing is kept is made up, or is forgotten with all that it belonged to.
    pub(crate) async fn gave_out(&self, txn: &Txn, guest: &Owner) -> Result<bool> {
        let carts = cart::Entity::find()
            .select_only()
            .column(cart::Column::Id)
            .filter(cart::Column::Owner.eq(guest.as_str()))
            .limit(1);
        if carts.into_tuple::<String>().one(&**txn).await?.is_some() {
            return Ok(true);
        }
        let orders = order::Entity::find()
            .select_only()
            .column(order::Column::Id)
            .filter(order::Column::Owner.eq(guest.as_str()))
            .limit(1);
        Ok(orders.into_tuple::<String>().one(&**txn).await?.is_some())
    }

    /// Waits until nobody else has the turn of `whom`, and has it until this transaction ends: of two who would both
    /// begin something that there is one of, the second finds the first's.
    pub(crate) async fn take_turn(txn: &Txn, whom: &Owner) -> Result<()> {
        // SQLite has one writer at a time anyway.
        if txn.get_database_backend() == DbBackend::Postgres {
            let sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
            let turn = Statement::from_sql_and_values(DbBackend::Postgres, sql, [whom.as_str().into()]);
            txn.execute_raw(turn).await?;
        }
        Ok(())
    }
}
