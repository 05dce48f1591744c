use futures::future::join_all;
use kit::messaging::Message;
use kit::testing::{fresh_db, sent};
use migrations::search::Migrator;
use sea_orm::{ConnectionTrait, Statement};

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

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_of_a_neighbour_is_on_disk_when_the_reader_ends() {
    let db = fresh_db::<Migrator>().await;
    let message = a_message();
    let handlers = (0..50).map(|_| async {
        let txn = db.begin().await.unwrap();
        if txn.first_delivery("search", &message).await.unwrap() {
            txn.commit().await.unwrap();
        } else {
            txn.rollback().await.unwrap();
        }
        let rows = "SELECT COUNT(*) AS n FROM inbox";
        let row = db.reader().query_one_raw(sea_orm::Statement::from_string(db.reader().get_database_backend(), rows));
        row.await.unwrap().unwrap().try_get::<i64>("", "n").unwrap()
    });
    assert_eq!(join_all(handlers).await, [1; 50]);
}

/// SQLite may not grow by more than a few pages: for it the disk is full.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_loses_nothing_that_was_acknowledged_and_is_written_again_when_there_is_space() {
    let db = fresh_db::<Migrator>().await;
    if db.reader().get_database_backend() != sea_orm::DbBackend::Sqlite {
        return;
    }
    let large = Message::new("thing.happened.v1", "thing_1", &"x".repeat(40_000)).unwrap();
    let txn = db.begin().await.unwrap();
    let pages = "SELECT page_count + 60 AS most FROM pragma_page_count";
    let most = txn.query_one_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, pages)).await.unwrap();
    let most: i32 = most.unwrap().try_get("", "most").unwrap();
    txn.execute_unprepared(&format!("PRAGMA max_page_count = {most}")).await.unwrap();
    txn.commit().await.unwrap();
    let writers = (0..40).map(|_| async {
        let txn = db.begin().await?;
        txn.send("things", &large).await?;
        txn.commit().await?;
        Ok::<_, kit::Failure>(())
    });
    let ended = join_all(writers).await;
    let refused: Vec<_> = ended.iter().filter_map(|one| one.as_ref().err()).collect();
    assert!(!refused.is_empty(), "the disk was never full");
    for failure in &refused {
        assert!(failure.is_transient(), "{failure:?}");
    }
    assert_eq!(sent(&db).await.len(), ended.len() - refused.len());
    let txn = db.begin().await.unwrap();
    txn.send("things", &large).await.unwrap();
    txn.commit().await.unwrap();
    assert_eq!(sent(&db).await.len(), ended.len() - refused.len() + 1);
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

#[tokio::test]
async fn a_text_that_the_database_cannot_hold_is_the_clients_fault() {
    let db = fresh_db::<Migrator>().await;
    let reads = db.reader();
    let backend = reads.get_database_backend();
    let place = if backend == sea_orm::DbBackend::Postgres { "$1" } else { "?" };
    let asked =
        Statement::from_sql_and_values(backend, format!("SELECT CAST({place} AS TEXT)"), ["a\0b".to_owned().into()]);
    // SQLite takes it; no door of ours lets it through.
    if let Err(failed) = reads.query_one_raw(asked).await {
        let error = async_graphql::Error::from(kit::Failure::from(failed));
        let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
        assert_eq!(code, Some(&async_graphql::Value::from("BAD_USER_INPUT")), "{error:?}");
    } else {
        assert_eq!(backend, sea_orm::DbBackend::Sqlite);
    }
}

#[tokio::test]
async fn of_many_who_hear_the_same_at_once_one_hears_each_message_first() {
    let db = std::sync::Arc::new(fresh_db::<Migrator>().await);
    let messages: Vec<Message> =
        (0..40).map(|number| Message::new("lamp.lit.v1", number.to_string(), &()).unwrap()).collect();
    let messages = std::sync::Arc::new(messages);
    let mut hearing = tokio::task::JoinSet::new();
    for nth in 0..12_usize {
        let (db, messages) = (std::sync::Arc::clone(&db), std::sync::Arc::clone(&messages));
        hearing.spawn(async move {
            // Each hears most of what the others hear, from another end.
            let mut heard: Vec<&Message> = messages.iter().skip(nth).chain(messages.iter().take(nth / 2)).collect();
            if nth % 2 == 0 {
                heard.reverse();
            }
            let txn = db.begin().await.unwrap();
            let first = txn.first_deliveries("search", &heard).await.unwrap();
            txn.commit().await.unwrap();
            first
        });
    }
    let first: Vec<uuid::Uuid> = hearing.join_all().await.into_iter().flatten().collect();
    let each: std::collections::HashSet<uuid::Uuid> = first.iter().copied().collect();
    assert_eq!((first.len(), each.len()), (40, 40));
}
