//! Everything that stands in a database, as text.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::Db;

/// Each table's columns, as `table.column`.
pub async fn columns(db: &Db) -> Vec<String> {
    let of_all = match db.reader().get_database_backend() {
        DbBackend::Postgres => {
            "SELECT table_name || '.' || column_name AS told FROM information_schema.columns \
             WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position"
        }
        _ => {
            "SELECT m.name || '.' || c.name AS told FROM sqlite_master m, pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid"
        }
    };
    told(db, of_all.to_owned()).await
}

/// Each index, as `table.index`.
pub async fn indexes(db: &Db) -> BTreeSet<String> {
    let of_all = match db.reader().get_database_backend() {
        DbBackend::Postgres => {
            "SELECT tablename || '.' || indexname AS told FROM pg_indexes WHERE schemaname = current_schema()"
        }
        _ => "SELECT tbl_name || '.' || name AS told FROM sqlite_master WHERE type = 'index'",
    };
    told(db, of_all.to_owned()).await.into_iter().collect()
}

/// Every row of every table, each with its table's name before it.
pub async fn rows(db: &Db) -> Vec<String> {
    let mut tables: Vec<(String, Vec<String>)> = Vec::new();
    for place in columns(db).await {
        let (table, column) = place.split_once('.').expect("a table and a column");
        match tables.last_mut() {
            Some((last, columns)) if last == table => columns.push(column.to_owned()),
            _ => tables.push((table.to_owned(), vec![column.to_owned()])),
        }
    }
    let postgres = db.reader().get_database_backend() == DbBackend::Postgres;
    let mut found = Vec::new();
    for (table, columns) in tables {
        let row = if postgres {
            "row_to_json(t)::text".to_owned()
        } else {
            columns.iter().map(|column| format!("quote(t.\"{column}\")")).collect::<Vec<_>>().join(" || ',' || ")
        };
        let all = told(db, format!("SELECT {row} AS told FROM \"{table}\" t")).await;
        found.extend(all.into_iter().map(|row| format!("{table}: {row}")));
    }
    found
}

async fn told(db: &Db, sql: String) -> Vec<String> {
    let reader = db.reader();
    let statement = Statement::from_string(reader.get_database_backend(), sql);
    let rows = reader.query_all_raw(statement).await.expect("the database is readable");
    rows.iter().map(|row| row.try_get("", "told").expect("text")).collect()
}
