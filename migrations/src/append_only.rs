//! Tables whose rows are written once and never changed: the engine itself refuses.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// From now on every UPDATE and DELETE on `table` fails.
pub async fn append_only(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    refuse(manager, table, &["UPDATE", "DELETE"], "append_only", "append-only").await
}

/// From now on every UPDATE on `table` fails. Its rows are somebody's own, and may go with them.
pub async fn unchanging(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    refuse(manager, table, &["UPDATE"], "unchanging", "written once").await
}

async fn refuse(
    manager: &SchemaManager<'_>,
    table: &str,
    changes: &[&str],
    name: &str,
    what: &str,
) -> Result<(), DbErr> {
    let triggers = match manager.get_database_backend() {
        DbBackend::Postgres => vec![
            format!(
                "CREATE FUNCTION {table}_{name}() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION '{table} is {what}'; END $$"
            ),
            format!(
                "CREATE TRIGGER {table}_{name} BEFORE {} ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_{name}()",
                changes.join(" OR ")
            ),
        ],
        _ => changes
            .iter()
            .map(|change| {
                let name = change.to_lowercase();
                format!(
                    "CREATE TRIGGER {table}_no_{name} BEFORE {change} ON {table} \
                     BEGIN SELECT RAISE(ABORT, '{table} is {what}'); END"
                )
            })
            .collect(),
    };
    for trigger in triggers {
        manager.get_connection().execute_unprepared(&trigger).await?;
    }
    Ok(())
}
