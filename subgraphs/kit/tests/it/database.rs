use futures::future::join_all;
use kit::message::Message;
use kit::testing::{fresh_db, sent};
use migrations::search::Migrator;
use sea_orm::ConnectionTrait;

fn a_message() -> Message {
    Message::new("thing.happened.v1", "thing_1", &serde_json::json!({"n": 1})).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_at_once_all_get_their_turn() {
    let db = fresh_db::<Migrator>().await;
    let writers = (0..100).map(|_| async {
        let txn = db.begin().await.unwrap();
        txn.send("things", &a_message()).await.unwrap();
        txn.commit().await.unwrap();
    });
    join_all(writers).await;
    assert_eq!(sent(&db).await.len(), 100);
}

#[tokio::test]
async fn a_transaction_that_is_rolled_back_sends_nothing() {
    let db = fresh_db::<Migrator>().await;
    let txn = db.begin().await.unwrap();
    txn.send("things", &a_message()).await.unwrap();
    txn.rollback().await.unwrap();
    assert_eq!(sent(&db).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_fails_takes_none_of_its_neighbours_with_it() {
    let db = fresh_db::<Migrator>().await;
    let writers = (0..60).map(|number| {
        let db = &db;
        async move {
            let txn = db.begin().await.unwrap();
            txn.send("things", &a_message()).await.unwrap();
            match number % 3 {
                0 => txn.commit().await.unwrap(),
                1 => txn.rollback().await.unwrap(),
                _ => drop(txn),
            }
        }
    });
    join_all(writers).await;
    assert_eq!(sent(&db).await.len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_nobody_waits_for_any_more_still_ends() {
    let db = fresh_db::<Migrator>().await;
    for _ in 0..20 {
        let txn = db.begin().await.unwrap();
        txn.send("things", &a_message()).await.unwrap();
        // Polled once at most, then forgotten.
        let _given_up = tokio::time::timeout(std::time::Duration::ZERO, txn.commit()).await;
    }
    let txn = db.begin().await.unwrap();
    txn.send("things", &a_message()).await.unwrap();
    txn.commit().await.unwrap();
    assert!(!sent(&db).await.is_empty());
}

#[tokio::test]
async fn a_message_is_handled_once_by_each_consumer() {
    let db = fresh_db::<Migrator>().await;
    let message = a_message();
    let mut firsts = Vec::new();
    for consumer in ["search", "search", "reviews"] {
        let txn = db.begin().await.unwrap();
        firsts.push(txn.first_delivery(consumer, &message).await.unwrap());
        txn.commit().await.unwrap();
    }
    assert_eq!(firsts, [true, false, true]);
}

#[tokio::test]
async fn every_statement_is_counted() {
    let db = fresh_db::<Migrator>().await;
    let before = db.statements();
    db.reader()
        .query_one_raw(sea_orm::Statement::from_string(db.reader().get_database_backend(), "SELECT 1"))
        .await
        .unwrap();
    assert_eq!(db.statements() - before, 1);
}
