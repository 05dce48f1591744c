//! How far the ledger is added up: the sums of each level and of all of them, through one point in time.
//!
//! An entry with a smaller key may be committed after one with a greater: keys are given when rows are written. So the
//! ledger is added up by time, and only what is [`SAFELY_OLD`]: whoever wrote an entry an hour ago has committed it, or
//! never will, and no two clocks of a shop are that far apart. What is newer is read from the ledger itself.

use chrono::{DateTime, TimeDelta, Utc};
use kit::{Failure, Result, Txn};
use sea_orm::{ConnectionTrait, EntityTrait, QuerySelect, Statement, Value};

use super::{Conservation, Store};

/// For how long an entry may still be on its way to where others see it.
const SAFELY_OLD: TimeDelta = TimeDelta::hours(1);
/// How many entries one transaction adds up, and those of the same moment.
const AT_ONCE: u64 = 5_000;
/// The one row.
const ID: i32 = 1;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "stock_checkpoint")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        /// Grows each time.
        pub step: i64,
        /// Every entry up to then is in the sums.
        pub through: DateTimeUtc,
        pub received: i64,
        pub reserved: i64,
        pub sold: i64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The end of the step that begins at `$1`; no row when fewer are left up to `$2`.
const STEP: &str = "SELECT at FROM stock_entry WHERE at > $1 AND at <= $2 ORDER BY at LIMIT 1 OFFSET ";

/// Adds the entries after `$1`, up to `$2`, to their levels.
const ADD_TO_LEVELS: &str = "
    INSERT INTO stock_level_checkpoint (variant_id, location_id, received, reserved, sold, suspect)
    SELECT variant_id, location_id,
           CAST(SUM(CASE kind WHEN 'RECEIVED' THEN units ELSE 0 END) AS bigint),
           CAST(SUM(CASE kind WHEN 'RESERVED' THEN units WHEN 'RELEASED' THEN -units WHEN 'SOLD' THEN -units ELSE 0 END)
               AS bigint),
           CAST(SUM(CASE kind WHEN 'SOLD' THEN units WHEN 'RETURNED' THEN -units ELSE 0 END) AS bigint),
           FALSE
    FROM stock_entry
    WHERE at > $1 AND at <= $2
    GROUP BY variant_id, location_id
    ON CONFLICT (variant_id, location_id) DO UPDATE SET
        received = stock_level_checkpoint.received + excluded.received,
        reserved = stock_level_checkpoint.reserved + excluded.reserved,
        sold = stock_level_checkpoint.sold + excluded.sold";

/// Adds the same to the sums of all.
const ADD_TO_ALL: &str = "
    UPDATE stock_checkpoint SET step = step + 1, through = $2,
        received = stock_checkpoint.received + added.received,
        reserved = stock_checkpoint.reserved + added.reserved,
        sold = stock_checkpoint.sold + added.sold
    FROM (
        SELECT CAST(COALESCE(SUM(CASE kind WHEN 'RECEIVED' THEN units ELSE 0 END), 0) AS bigint) AS received,
               CAST(COALESCE(SUM(CASE kind WHEN 'RESERVED' THEN units WHEN 'RELEASED' THEN -units
                   WHEN 'SOLD' THEN -units ELSE 0 END), 0) AS bigint) AS reserved,
               CAST(COALESCE(SUM(CASE kind WHEN 'SOLD' THEN units WHEN 'RETURNED' THEN -units ELSE 0 END), 0) AS bigint)
                   AS sold
        FROM stock_entry
        WHERE at > $1 AND at <= $2
    ) added
    WHERE id = 1";

const SUSPECT: &str = "
    INSERT INTO stock_level_checkpoint (variant_id, location_id, received, reserved, sold, suspect)
    VALUES ($1, $2, 0, 0, 0, TRUE)
    ON CONFLICT (variant_id, location_id) DO UPDATE SET suspect = TRUE";

/// How far the ledger is added up now.
pub(super) async fn now(connection: &impl ConnectionTrait) -> Result<row::Model> {
    there(row::Entity::find_by_id(ID).one(connection).await?)
}

fn there(found: Option<row::Model>) -> Result<row::Model> {
    found.ok_or_else(|| Failure::fault(anyhow::anyhow!("the ledger's checkpoint is gone")))
}

impl Store {
    /// Adds up what is safely old, in bounded steps, and tells how many it took. What does not add up by then stays in sight
    /// of the everyday check; while that is more than it names, nothing is added up.
    pub async fn take_checkpoint(&self) -> Result<u64> {
        let found = self.conservation().await?;
        self.suspect(&found).await?;
        if found.wrong > 0 {
            let wrong = found.wrong;
            tracing::error!(wrong, "{wrong} stock levels do not add up: see `conservation`");
        }
        if found.wrong > i64::try_from(found.levels().len())? {
            return Ok(0);
        }
        let end = self.clock.now() - SAFELY_OLD;
        let mut steps = 0;
        while self.step(end).await? {
            steps += 1;
        }
        Ok(steps)
    }

    /// Keeps the levels that do not add up in sight, and lets go of those that do again.
    async fn suspect(&self, found: &Conservation) -> Result<()> {
        let txn = self.db.begin().await?;
        run(&txn, "UPDATE stock_level_checkpoint SET suspect = FALSE WHERE suspect", []).await?;
        for (variant, location) in found.levels() {
            run(&txn, SUSPECT, [variant.as_str().into(), location.as_str().into()]).await?;
        }
        Ok(txn.commit().await?)
    }

    /// False when there is nothing left to add up. Replicas take turns at the row.
    async fn step(&self, end: DateTime<Utc>) -> Result<bool> {
        let txn = self.db.begin().await?;
        let start = there(row::Entity::find_by_id(ID).lock_exclusive().one(&*txn).await?)?.through;
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
        for sql in [ADD_TO_LEVELS, ADD_TO_ALL] {
            run(&txn, sql, [start.into(), upto.into()]).await?;
        }
        txn.commit().await?;
        Ok(true)
    }
}

async fn run(txn: &Txn, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<()> {
    txn.execute_raw(Statement::from_sql_and_values(txn.get_database_backend(), sql, values)).await?;
    Ok(())
}
