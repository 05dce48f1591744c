//! Rows that are kept for a while and then forgotten: one sweep for every table that would grow for ever.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, LockBehavior, LockType, Order, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, IdenStatic};
use tokio_util::sync::CancellationToken;

use crate::{Clock, Db, Result};

/// Whoever has just started has more urgent things to do; one that never lives long sweeps all the same.
const FIRST_AFTER: Duration = Duration::from_secs(60);
const EVERY: Duration = Duration::from_secs(600);
/// Few enough for one transaction that others wait behind.
const AT_ONCE: u64 = 500;

/// For how long the rows of one table are kept.
#[derive(Clone, Debug)]
pub struct Retention {
    table: &'static str,
    since: &'static str,
    age: TimeDelta,
    only: Option<&'static str>,
}

impl Retention {
    /// Rows of `E` are kept for so long after the moment that stands in their column `since`, and for ever where none does.
    /// The column needs an index.
    pub fn of<E: EntityTrait>(since: E::Column, age: TimeDelta) -> Self {
        Self { table: E::default().table_name(), since: since.as_str(), age, only: None }
    }

    /// Of the rows, only those for which this SQL holds. A partial index is used if its condition is written in the same
    /// words.
    #[must_use]
    pub fn only(self, condition: &'static str) -> Self {
        Self { only: Some(condition), ..self }
    }

    pub fn table(&self) -> &'static str {
        self.table
    }

    /// The rows, by where they lie, whose time is over; the oldest first.
    fn some(&self, lies: &'static str, now: DateTime<Utc>, most: u64) -> SelectStatement {
        let since = Alias::new(self.since);
        let mut some = Query::select();
        some.expr(Expr::cust(lies))
            .from(Alias::new(self.table))
            .and_where(Expr::col(since.clone()).lte(now - self.age))
            .and_where_option(self.only.map(Expr::cust))
            .order_by(since, Order::Asc)
            .limit(most);
        some
    }

    /// Deletes the oldest `most`. A row's place is taken for its key, so that one statement serves tables with keys of any
    /// kind. On Postgres it takes what no other transaction has in hand: of several replicas that sweep at once none
    /// waits, and a row that somebody is changing is looked at again by the next sweep.
    pub(crate) fn delete(
        &self,
        engine: DbBackend,
        now: DateTime<Utc>,
        most: u64,
    ) -> sea_orm::sea_query::DeleteStatement {
        let mut delete = Query::delete();
        delete.from_table(Alias::new(self.table));
        if engine == DbBackend::Postgres {
            let mut some = self.some("ctid", now, most);
            some.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
            // As an array the rows are picked once, whatever the planner thinks of a join.
            delete.and_where(Expr::cust_with_exprs(
                "ctid = ANY (ARRAY $1)",
                [Expr::SubQuery(None, Box::new(some.into()))],
            ));
        } else {
            delete.and_where(Expr::cust("rowid").in_subquery(self.some("rowid", now, most)));
        }
        delete
    }

    /// Forgets all whose time is over, a few in each transaction, and says how many there were.
    async fn forget(&self, db: &Db, now: DateTime<Utc>) -> Result<u64> {
        let mut forgotten = 0;
        loop {
            // Mostly there is none, and nobody's turn to write is taken to find that out.
            let old = self.some("1", now, 1);
            if db.reader().query_one(&old).await?.is_none() {
                return Ok(forgotten);
            }
            let txn = db.begin().await?;
            let deleted = txn.execute(&self.delete(txn.get_database_backend(), now, AT_ONCE)).await?.rows_affected();
            txn.commit().await?;
            forgotten += deleted;
            if deleted < AT_ONCE {
                return Ok(forgotten);
            }
        }
    }
}

/// Forgets what is older than it is kept for, and says how many rows that were. A table that fails holds up no other.
pub async fn forget_old(db: &Db, clock: &Clock, kept: &[Retention]) -> Result<u64> {
    let (mut forgotten, mut failed) = (0, None);
    for rule in kept {
        match rule.forget(db, clock.now()).await {
            Ok(0) => {}
            Ok(rows) => {
                forgotten += rows;
                tracing::debug!(table = rule.table, rows, "rows that were kept long enough are gone");
            }
            Err(failure) => failed = failed.or(Some(failure)),
        }
    }
    failed.map_or(Ok(forgotten), Err)
}

/// Forgets now and then, until told to stop.
pub(crate) async fn keep_forgetting(db: Db, clock: Clock, kept: Vec<Retention>, stop: CancellationToken) {
    let mut pause = FIRST_AFTER;
    while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
        pause = EVERY;
        if let Err(failure) = forget_old(&db, &clock, &kept).await {
            let cause = failure.into_anyhow();
            tracing::warn!(cause = format!("{cause:#}"), "old rows are kept a while longer");
        }
    }
}
