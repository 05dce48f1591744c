//! The rows that are anybody's to see to, and how a relay has some of them to itself for a while.
//!
//! No lock is held while Redis is asked: a row that was taken comes due again by itself, should whoever took it have ended.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect, Statement, Value};

use crate::db::Among;
use crate::messaging::outbox::outbox_row::{Column, Entity, Model};
use crate::messaging::settings::later;
use crate::{Db, Result, Txn};

/// Small, because a message may be large.
pub(super) const BATCH: usize = 64;

/// Whether there is a row that is anybody's.
pub(super) async fn something_due(db: &Db, now: DateTime<Utc>) -> Result<bool> {
    let due = Entity::find().select_only().column(Column::Seq).filter(Column::ResendAt.lte(now)).limit(1);
    Ok(due.into_tuple::<i64>().one(db.reader()).await?.is_some())
}

/// Takes the longest due of them until then, in the order in which they were written. What another relay takes at this
/// moment is passed over.
pub(super) async fn take(db: &Db, now: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Model>> {
    let txn = db.begin().await?;
    let backend = txn.get_database_backend();
    // SQLite has one writer at a time. Rows of one moment come as the index has them: to sort those of a whole import for each
    // batch costs more than publishing does.
    let skip = if backend == DbBackend::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "WITH due AS MATERIALIZED ( \
             SELECT seq AS due_seq FROM outbox WHERE resend_at <= $1 ORDER BY resend_at LIMIT {BATCH} {skip} \
         ) \
         UPDATE outbox SET resend_at = $2 FROM due WHERE seq = due_seq \
         RETURNING seq, id, stream, kind, key, body, sent_at, attempts, resend_at, entry"
    );
    let values: [Value; 2] = [now.into(), until.into()];
    let taken = Statement::from_sql_and_values(backend, sql, values);
    let mut taken = Entity::find().from_raw_sql(taken).all(&*txn).await?;
    txn.commit().await?;
    taken.sort_unstable_by_key(|row| row.seq);
    Ok(taken)
}

/// Gives back rows that nothing came of.
pub(super) async fn give_back(db: &Db, rows: &[i64], now: DateTime<Utc>) -> Result<()> {
    let txn = db.begin().await?;
    Entity::update_many()
        .col_expr(Column::ResendAt, Expr::value(now))
        .filter(Column::Seq.among(rows.iter().copied()))
        .exec(&*txn)
        .await?;
    Ok(txn.commit().await?)
}

/// Makes those rows of a stream anybody's that were sent and wait longer than a lease lasts: nobody sees to them now.
pub(super) async fn end_waiting(db: &Db, stream: &str, now: DateTime<Utc>, lease: Duration) -> Result<()> {
    let txn = db.begin().await?;
    Entity::update_many()
        .col_expr(Column::ResendAt, Expr::value(now))
        .filter(Column::Stream.eq(stream))
        .filter(Column::SentAt.is_not_null())
        .filter(Column::ResendAt.gt(later(now, lease)))
        .exec(&*txn)
        .await?;
    Ok(txn.commit().await?)
}

/// Makes rows anybody's that say nothing of when: those of a release that did not.
pub(super) async fn adopt(db: &Db, now: DateTime<Utc>) -> Result<()> {
    let strays = Entity::find().select_only().column(Column::Seq).filter(Column::ResendAt.is_null()).limit(1);
    if strays.into_tuple::<i64>().one(db.reader()).await?.is_none() {
        return Ok(());
    }
    let txn = db.begin().await?;
    Entity::update_many()
        .col_expr(Column::ResendAt, Expr::value(now))
        .filter(Column::ResendAt.is_null())
        .exec(&*txn)
        .await?;
    Ok(txn.commit().await?)
}

/// Writes down of messages that were published `before` times until now that they lie in these entries. Whoever has
/// written down a later time knows better.
pub(super) async fn write_down(
    txn: &Txn,
    entries: &HashMap<&str, &str>,
    before: i32,
    now: DateTime<Utc>,
    resend_at: DateTime<Utc>,
) -> Result<()> {
    let backend = txn.get_database_backend();
    // One statement for any number of rows, which are locked in the order in which those are that are acknowledged meanwhile.
    let (each, lock) = match backend {
        DbBackend::Postgres => ("json_each_text(CAST($1 AS text)::json)", "ORDER BY seq FOR UPDATE OF outbox"),
        _ => ("json_each($1)", ""),
    };
    let sql = format!(
        "WITH sent AS MATERIALIZED ( \
             SELECT seq AS sent_seq, named.value AS sent_entry \
             FROM outbox JOIN {each} AS named ON outbox.id = named.key WHERE attempts = $4 {lock} \
         ) \
         UPDATE outbox SET entry = sent_entry, sent_at = $2, resend_at = $3, attempts = attempts + 1 \
         FROM sent WHERE seq = sent_seq"
    );
    let values: [Value; 4] = [serde_json::to_string(entries)?.into(), now.into(), resend_at.into(), before.into()];
    txn.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    Ok(())
}
