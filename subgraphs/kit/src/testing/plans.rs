//! How the engine means to go about a statement.

use chrono::DateTime;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::Db;
use crate::db::retention::Retention;

/// The indexes that a sweep goes by, as the engine plans it. Panics if it would read a whole table.
pub async fn sweeps_by_index(db: &Db, kept: &[Retention]) -> Vec<String> {
    let txn = db.begin().await.expect("a transaction");
    let engine = txn.get_database_backend();
    if engine == DbBackend::Postgres {
        // A table of no rows is read whole unless that is dear; where no index serves, it is read whole even so.
        for cheap in
            ["SET LOCAL enable_seqscan = off", "SET LOCAL enable_sort = off", "SET LOCAL enable_bitmapscan = off"]
        {
            txn.execute_unprepared(cheap).await.expect("a setting");
        }
    }
    let mut indexes = Vec::new();
    for rule in kept {
        let delete = engine.build(&rule.delete(engine, DateTime::UNIX_EPOCH, 1)).to_string();
        let (explain, column) = match engine {
            DbBackend::Postgres => ("EXPLAIN", "QUERY PLAN"),
            _ => ("EXPLAIN QUERY PLAN", "detail"),
        };
        let rows = txn.query_all_raw(Statement::from_string(engine, format!("{explain} {delete}"))).await;
        let plan: Vec<String> =
            rows.expect("a plan").iter().map(|row| row.try_get("", column).expect("text")).collect();
        let by = plan.iter().find_map(|step| index_of(step));
        indexes.push(by.unwrap_or_else(|| panic!("{delete}\nreads all of the table:\n{}", plan.join("\n"))));
    }
    indexes
}

/// The index that finds rows in this step of a plan, if one does. SQLite writes `SEARCH` where it seeks, Postgres an
/// `Index Cond`; to go through a whole index is no better than through the table.
fn index_of(step: &str) -> Option<String> {
    let after = |word: &str| step.split_once(word)?.1.split_whitespace().next().map(str::to_owned);
    if step.contains("SEARCH") && step.contains('<') {
        return after("USING COVERING INDEX ").or_else(|| after("USING INDEX "));
    }
    after("Index Scan using ").or_else(|| after("Index Only Scan using "))
}
