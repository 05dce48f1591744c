//! Statements of a request end with it.

use std::time::Duration;

use futures::TryStreamExt;
use futures::future::join_all;
use kit::testing::{TestDb, fresh_db, sent};
use kit::{Db, for_request};
use migrations::search::Migrator;
use sea_orm::{ConnectionTrait, DbBackend, Statement, StreamTrait};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// More than there are connections on either engine, so that any that stays busy is missed.
const AT_ONCE: usize = 4;
const POSTGRES_CONNECTIONS: usize = 16;

fn is_sqlite(db: &Db) -> bool {
    db.reader().get_database_backend() == DbBackend::Sqlite
}

/// A statement that gives one row, and then works on for longer than any test.
fn endless(db: &Db, mark: &str) -> Statement {
    let sql = if is_sqlite(db) {
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i = 1 OR i < 0"
            .to_owned()
    } else {
        format!("SELECT 1 AS i FROM pg_sleep(3600) /* {mark} */")
    };
    Statement::from_string(db.reader().get_database_backend(), sql)
}

/// A request that asks for it, and says on SQLite when it is being worked on.
fn asks_for_it(db: &Db, mark: &str, begun: mpsc::Sender<()>) -> JoinHandle<()> {
    let (db, statement) = (db.clone(), endless(db, mark));
    tokio::spawn(for_request(async move {
        let mut rows = db.reader().stream_raw(statement).await.unwrap();
        while rows.try_next().await.unwrap().is_some() {
            begun.send(()).await.unwrap();
        }
    }))
}

/// How many statements with this mark Postgres works on.
async fn at_work(watcher: &Db, mark: &str) -> usize {
    let sql = format!("SELECT query FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%/* {mark} */'");
    watcher.reader().query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap().len()
}

async fn until_at_work(watcher: &Db, mark: &str, wanted: usize) {
    let seen = async {
        while at_work(watcher, mark).await != wanted {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(30), seen).await;
    assert!(in_time.is_ok(), "{} statements are worked on, not {wanted}", at_work(watcher, mark).await);
}

async fn every_connection_answers(db: &TestDb) {
    let asked = (0..POSTGRES_CONNECTIONS).map(|_| db.reader().ping());
    let answered = tokio::time::timeout(Duration::from_secs(20), join_all(asked)).await.expect("answers");
    assert!(answered.iter().all(Result::is_ok), "{answered:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_ends_with_its_request() {
    let db = fresh_db::<Migrator>().await;
    // The mark of this run, for others may run on the same server.
    let mark = format!("abandoned {}", uuid::Uuid::now_v7());
    let (begun, mut began) = mpsc::channel(AT_ONCE);
    let requests: Vec<_> = (0..AT_ONCE).map(|_| asks_for_it(&db, &mark, begun.clone())).collect();
    if is_sqlite(&db) {
        for _ in 0..AT_ONCE {
            began.recv().await.expect("a row");
        }
    } else {
        until_at_work(&db, &mark, AT_ONCE).await;
    }
    for request in &requests {
        request.abort();
    }
    if !is_sqlite(&db) {
        until_at_work(&db, &mark, 0).await;
    }
    every_connection_answers(&db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_whose_request_ends_is_made_or_not_and_never_half() {
    use kit::messaging::Message;
    let db = fresh_db::<Migrator>().await;
    let (mut whole, message) = (0, Message::new("thing.happened.v1", "thing_1", &serde_json::json!({"n": 1})).unwrap());
    for delay in 0..60 {
        let (db, message) = ((*db).clone(), message.clone());
        let change = tokio::spawn(for_request(async move {
            let txn = db.begin().await.unwrap();
            txn.send("things", &message).await.unwrap();
            txn.send("things", &message).await.unwrap();
            txn.commit().await.unwrap();
        }));
        for _ in 0..delay {
            tokio::task::yield_now().await;
        }
        change.abort();
        whole += usize::from(change.await.is_ok());
    }
    // Whoever commits after them has waited for all of them.
    let txn = db.begin().await.unwrap();
    txn.send("things", &message).await.unwrap();
    txn.commit().await.unwrap();
    let sent = sent(&db).await.len();
    assert!(sent % 2 == 1 && sent > 2 * whole, "{sent} messages of {whole} changes that were acknowledged");
}
