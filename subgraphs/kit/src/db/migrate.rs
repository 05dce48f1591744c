//! Brings a database to the schema of this version.
//!
//! Each migration and the note that it was applied are one transaction on either engine, so a process may die in the
//! middle. The transaction holds a lock that the whole server has once, so replicas that start together apply each
//! migration once. Migrations that this version does not know are of a later one, and are left alone: an older replica
//! serves on a newer schema.

use std::collections::HashSet;
use std::future::{Ready, ready};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, EntityTrait, Set,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait, SchemaManager, seaql_migrations};

use super::Db;
use crate::{Clock, crash_at};

/// The lock under which migrations are applied, for all who share a Postgres database. The number means nothing.
const LOCK: i64 = 0x6d65_7263_6174_6f01;

/// A database that is not there yet. To open it would make it.
pub struct Nowhere;

impl Nowhere {
    /// The names of all migrations, in the order in which they are to be applied.
    pub fn lacks<M: MigratorTrait>(&self) -> Ready<Result<Vec<String>, DbErr>> {
        ready(Ok(M::migrations().iter().map(|migration| migration.name().to_owned()).collect()))
    }
}

impl Db {
    /// The names of the migrations that this database lacks, in the order in which they are to be applied. Only reads.
    pub async fn lacks<M: MigratorTrait>(&self) -> Result<Vec<String>, DbErr> {
        if let Some(schema) = &self.schema {
            may_look_into(&self.writer, schema).await?;
        }
        let applied = applied(&self.writer).await?;
        let lacking = M::migrations().into_iter().map(|migration| migration.name().to_owned());
        Ok(lacking.filter(|name| !applied.contains(name)).collect())
    }

    /// Applies every migration that this database lacks, and gives their names. Nothing that needs more rights than
    /// reading is asked where none is lacking.
    pub async fn migrate<M: MigratorTrait>(&self) -> Result<Vec<String>, DbErr> {
        let lacking: HashSet<String> = self.lacks::<M>().await?.into_iter().collect();
        let mut done = Vec::new();
        for migration in M::migrations() {
            if lacking.contains(migration.name()) && self.apply(&*migration).await? {
                done.push(migration.name().to_owned());
            }
        }
        Ok(done)
    }

    /// False where another process applied it meanwhile.
    async fn apply(&self, migration: &dyn MigrationTrait) -> Result<bool, DbErr> {
        let txn = begin(&self.writer).await?;
        if let Some(schema) = &self.schema {
            // Waiting for whoever migrates now may take as long as a migration does.
            txn.execute_unprepared("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0").await?;
            txn.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK})")).await?;
            found(&txn, schema).await?;
        }
        if applied(&txn).await?.contains(migration.name()) {
            txn.rollback().await?;
            return Ok(false);
        }
        let backend = txn.get_database_backend();
        let mut list = sea_orm::Schema::new(backend).create_table_from_entity(seaql_migrations::Entity);
        txn.execute(&*list.if_not_exists()).await?;
        migration.up(&SchemaManager::new(&txn)).await?;
        let row = seaql_migrations::ActiveModel {
            version: Set(migration.name().to_owned()),
            applied_at: Set(Clock::system().now().timestamp()),
        };
        seaql_migrations::Entity::insert(row).exec_without_returning(&txn).await?;
        crash_at!("migration:before-commit");
        txn.commit().await?;
        crash_at!("migration:after-commit");
        Ok(true)
    }
}

/// A transaction that is the database's only writer from its beginning, where an engine has but one.
async fn begin(connection: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options =
        TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
    connection.begin_with_options(options).await
}

/// Makes a schema of this name where there is none. To make one asks for a right that to have one does not.
async fn found(txn: &DatabaseTransaction, schema: &str) -> Result<(), DbErr> {
    let there = Statement::from_sql_and_values(
        DbBackend::Postgres,
        "SELECT 1 FROM pg_namespace WHERE nspname = $1",
        [schema.into()],
    );
    if txn.query_one_raw(there).await?.is_none() {
        txn.execute_unprepared(&format!("CREATE SCHEMA \"{schema}\"")).await?;
    }
    Ok(())
}

/// Refuses to go on where this user may not see what the schema holds. It would look empty.
async fn may_look_into(connection: &DatabaseConnection, schema: &str) -> Result<(), DbErr> {
    let question = Statement::from_sql_and_values(
        DbBackend::Postgres,
        "SELECT current_user::text AS who FROM pg_namespace \
         WHERE nspname = $1 AND NOT has_schema_privilege(oid, 'USAGE')",
        [schema.into()],
    );
    let Some(refused) = connection.query_one_raw(question).await? else { return Ok(()) };
    let who: String = refused.try_get("", "who")?;
    Err(DbErr::Custom(format!(
        "the user {who} may not use the schema {schema}; its owner can allow that: GRANT USAGE ON SCHEMA {schema} TO {who}"
    )))
}

/// The names of the migrations that were applied; none where nothing ever was.
async fn applied(connection: &impl ConnectionTrait) -> Result<HashSet<String>, DbErr> {
    let listed = match connection.get_database_backend() {
        DbBackend::Postgres => "SELECT to_regclass('seaql_migrations') IS NOT NULL AS listed",
        _ => "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'seaql_migrations') AS listed",
    };
    let listed = connection.query_one_raw(Statement::from_string(connection.get_database_backend(), listed)).await?;
    if !listed.is_some_and(|row| row.try_get("", "listed").unwrap_or(false)) {
        return Ok(HashSet::new());
    }
    let rows = seaql_migrations::Entity::find().all(connection).await?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}
