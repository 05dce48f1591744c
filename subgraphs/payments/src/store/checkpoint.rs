//! How far the ledger is added up: the sums of each currency through one point in time, and the orders that stay in sight
//! although they may not have moved since.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use kit::{Failure, Result, Txn};
use sea_orm::{ConnectionTrait, EntityTrait, QuerySelect, Set, Statement, Value};

use super::Store;
use super::scope::{Scope, UNDER_WAY, moved_after};

/// How many entries one transaction adds up, and those of the same moment.
const AT_ONCE: u64 = 5_000;
/// How many suspects one statement writes.
const SUSPECTS_AT_ONCE: usize = 1_000;
/// The one row.
const ID: i32 = 1;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "money_checkpoint")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        /// Grows each time.
        pub step: i64,
        /// Every entry up to then is in the sums.
        pub through: DateTimeUtc,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod suspect_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "money_suspect")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: String,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) use row::Model as Checkpoint;

impl Checkpoint {
    /// What is to be looked at from here on. Before anything is added up that is all there is.
    pub(crate) fn scope(&self) -> Scope {
        if self.through == DateTime::UNIX_EPOCH { Scope::All } else { Scope::Since(self.through) }
    }
}

/// The end of the step that begins at `$1`; no row when fewer are left up to `$2`.
const STEP: &str = "SELECT at FROM money_entry WHERE at > $1 AND at <= $2 ORDER BY at LIMIT 1 OFFSET ";

/// Adds the entries after `$1`, up to `$2`, to the sums.
const ADD: &str = "
    INSERT INTO money_checkpoint_total (currency, captured, refunded, settled, owed)
    SELECT currency,
           CAST(SUM(CASE account WHEN 'captured' THEN minor ELSE 0 END) AS bigint),
           CAST(SUM(CASE account WHEN 'refunded' THEN -minor ELSE 0 END) AS bigint),
           CAST(SUM(CASE account WHEN 'settled' THEN -minor ELSE 0 END) AS bigint),
           CAST(SUM(CASE account WHEN 'owed' THEN minor ELSE 0 END) AS bigint)
    FROM money_entry
    WHERE at > $1 AND at <= $2
    GROUP BY currency
    ON CONFLICT (currency) DO UPDATE SET
        captured = money_checkpoint_total.captured + excluded.captured,
        refunded = money_checkpoint_total.refunded + excluded.refunded,
        settled = money_checkpoint_total.settled + excluded.settled,
        owed = money_checkpoint_total.owed + excluded.owed";

const MOVE_ON: &str = "UPDATE money_checkpoint SET step = step + 1, through = $1 WHERE id = 1";

/// The orders that moved after `$1` and do not add up, fresh or not.
fn uneven() -> String {
    format!(
        "WITH {moved}, entry AS (SELECT order_id, event, currency, minor, \
             CASE WHEN account IN ('captured', 'refunded', 'settled') THEN minor WHEN account = 'owed' THEN -minor ELSE 0 END \
               AS unpaid \
           FROM money_entry WHERE order_id IN (SELECT order_id FROM moved)) \
         SELECT order_id FROM entry GROUP BY order_id, currency HAVING SUM(unpaid) <> 0 \
         UNION SELECT order_id FROM entry GROUP BY order_id, event, currency HAVING SUM(minor) <> 0",
        moved = moved_after("$1"),
    )
}

fn there(found: Option<Checkpoint>) -> Result<Checkpoint> {
    found.ok_or_else(|| Failure::fault(anyhow::anyhow!("the checkpoint of the ledger of money is gone")))
}

impl Store {
    /// How far the ledger is added up now.
    pub(crate) async fn checkpoint(&self) -> Result<Checkpoint> {
        there(row::Entity::find_by_id(ID).one(self.db.reader()).await?)
    }

    /// Of what moved after `through`, the orders that do not add up in our own books, and those whose gateway is being asked.
    pub(crate) async fn doubtful(&self, through: DateTime<Utc>) -> Result<(BTreeSet<String>, BTreeSet<String>)> {
        let uneven = self.ids(&uneven(), [through.into()]).await?;
        let under_way = format!("SELECT order_id FROM payment WHERE state IN ({UNDER_WAY})");
        Ok((uneven.into_iter().collect(), self.ids(&under_way, []).await?.into_iter().collect()))
    }

    /// Keeps these orders in sight, and lets go of all others. False, and nothing is changed, when the checkpoint has moved
    /// on from this step: somebody else has looked too.
    pub(crate) async fn suspect(&self, step: i64, suspects: &BTreeSet<String>) -> Result<bool> {
        let txn = self.db.begin().await?;
        let now = lock(&txn).await?;
        if now.step != step {
            txn.rollback().await?;
            return Ok(false);
        }
        suspect_row::Entity::delete_many().exec(&*txn).await?;
        let suspects: Vec<&String> = suspects.iter().collect();
        for some in suspects.chunks(SUSPECTS_AT_ONCE) {
            let rows = some.iter().map(|id| suspect_row::ActiveModel { order_id: Set((*id).clone()) });
            suspect_row::Entity::insert_many(rows).exec_without_returning(&*txn).await?;
        }
        run(&txn, MOVE_ON, [now.through.into()]).await?;
        txn.commit().await?;
        Ok(true)
    }

    /// Takes one step. False when there is nothing left to add up. Replicas take turns at the row.
    pub(crate) async fn add_up_to(&self, end: DateTime<Utc>) -> Result<bool> {
        let txn = self.db.begin().await?;
        let start = lock(&txn).await?.through;
        if start >= end {
            txn.rollback().await?;
            return Ok(false);
        }
        let full = Statement::from_sql_and_values(
            txn.get_database_backend(),
            format!("{STEP}{}", AT_ONCE - 1),
            [start.into(), end.into()],
        );
        let upto = match txn.query_one_raw(full).await? {
            Some(row) => row.try_get::<DateTime<Utc>>("", "at")?,
            None => end,
        };
        run(&txn, ADD, [start.into(), upto.into()]).await?;
        run(&txn, MOVE_ON, [upto.into()]).await?;
        txn.commit().await?;
        Ok(true)
    }
}

async fn lock(txn: &Txn) -> Result<Checkpoint> {
    there(row::Entity::find_by_id(ID).lock_exclusive().one(&**txn).await?)
}

async fn run(txn: &Txn, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<()> {
    txn.execute_raw(Statement::from_sql_and_values(txn.get_database_backend(), sql, values)).await?;
    Ok(())
}
