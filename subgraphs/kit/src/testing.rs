//! What the tests of a subgraph stand on: a database of their own on the engine under test, and a look at what was sent.

mod caller;
pub mod doors;
mod effort;
mod keeper;
mod plans;
mod redis;
mod rows;
mod sealing;

use async_graphql::{ObjectType, Request, Schema, SubscriptionType};
use sea_orm::{EntityTrait, QueryOrder};
use sea_orm_migration::MigratorTrait;
use tempfile::TempDir;

use crate::db::Place;
use crate::messaging::Message;
use crate::messaging::testing::outbox_row;
use crate::{Clock, Db};

pub use self::caller::{caller_keys, callers, credential};
pub use self::effort::CpuTime;
pub use self::keeper::{erased_from, erased_with, handed_over, handed_over_to};
pub use self::plans::sweeps_by_index;
pub use self::redis::TestRedis;
pub use self::rows::{columns, indexes, rows};
pub use self::sealing::{sealing, sealing_key};

/// A database that lives as long as its test.
pub struct TestDb {
    db: Db,
    _folder: TempDir,
}

impl std::ops::Deref for TestDb {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

/// Where a database can be made that is nobody else's: SQLite, or Postgres when `MERCATO_TEST_ENGINE=postgres` (then at
/// `MERCATO_TEST_POSTGRES`).
pub fn fresh_place() -> (Place, TempDir) {
    let folder = tempfile::tempdir().expect("a folder for the test's database");
    let place = match variable("MERCATO_TEST_ENGINE").as_deref() {
        Some("postgres") => Place::postgres(
            variable("MERCATO_TEST_POSTGRES").expect("MERCATO_TEST_POSTGRES names the server under test"),
            format!("test_{}", uuid::Uuid::now_v7().simple()),
        ),
        None | Some("sqlite") => Place::Sqlite(folder.path().join("test.sqlite")),
        Some(other) => panic!("MERCATO_TEST_ENGINE is `{other}`: say sqlite or postgres"),
    };
    (place, folder)
}

/// A fresh, migrated database.
pub async fn fresh_db<M: MigratorTrait>() -> TestDb {
    let (place, folder) = fresh_place();
    let db = Db::open(&place).await.expect("the test's database opens");
    db.migrate::<M>().await.expect("the migrations apply");
    TestDb { db, _folder: folder }
}

/// A clock that stands at 2026-01-05 12:00 UTC until the test turns it.
pub fn manual_clock() -> Clock {
    Clock::manual(chrono::DateTime::from_timestamp(1_767_614_400, 0).expect("a date in range"))
}

/// The whole response as JSON.
pub async fn execute<Q, M, S>(schema: &Schema<Q, M, S>, request: impl Into<Request>) -> serde_json::Value
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    serde_json::to_value(schema.execute(request).await).expect("a response is JSON")
}

/// Everything that this database's transactions have sent so far, in order, with the stream of each.
pub async fn sent(db: &Db) -> Vec<(String, Message)> {
    let rows = outbox_row::Entity::find()
        .order_by_asc(outbox_row::Column::Seq)
        .all(db.reader())
        .await
        .expect("the outbox is readable");
    rows.iter().map(|row| (row.stream.clone(), row.message().expect("the outbox holds messages"))).collect()
}

#[expect(clippy::disallowed_methods, reason = "the test runner speaks through the environment")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
