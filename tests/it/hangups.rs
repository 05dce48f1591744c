//! Who hangs up stops the whole chain behind the edge, down to the statement.

use std::collections::HashSet;
use std::future::Future;
use std::time::Duration;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement, TransactionTrait};
use system_tests::{MUG, NOTEBOOK, Premises, Shop};

/// How often it is tried to hang up before the router gives up by itself, which it does after 5 s. A machine that is too busy
/// for that in one try shows nothing with it.
const TRIES: usize = 5;

/// The statements of the catalog that wait for the lock of this test, by their processes.
async fn waiting(watcher: &DatabaseConnection) -> HashSet<i32> {
    let sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let rows = watcher.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap();
    rows.iter().map(|row| row.try_get("", "pid").unwrap()).collect()
}

/// What is waited for, and for no longer than it could ever take.
async fn until<T>(what: &str, seen: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), seen).await.unwrap_or_else(|_| panic!("it never happens: {what}"))
}

/// The statement that waits beside `others`.
async fn one_more(watcher: &DatabaseConnection, others: &HashSet<i32>) -> i32 {
    until("one more statement waits for the lock", async {
        loop {
            if let Some(pid) = waiting(watcher).await.difference(others).next() {
                return *pid;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

async fn ended(watcher: &DatabaseConnection, statement: i32) {
    until("the statement ends", async {
        while waiting(watcher).await.contains(&statement) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// Asks at the edge for a product, whose statement waits for the lock.
fn asking(shop: &Shop, product: String) -> tokio::task::JoinHandle<()> {
    let visitor = shop.visitor();
    tokio::spawn(async move {
        let document = "query($id: ID!) { product(id: $id) { title } }";
        // Whoever stays is told that it took too long.
        let _answer = visitor.try_send(document, &serde_json::json!({"id": product})).await;
    })
}

/// On Postgres, where a test can hold a statement up. That SQLite's end too is tested in `kit`.
///
/// Two ask, and the later one hangs up. That its statement has ended while the earlier one's still waits shows that the
/// hanging up was the cause: the router gives up the earlier one first.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_at_the_edge_ends_the_statement_in_the_database() {
    let premises = Premises::fresh().await;
    if premises.database() == "sqlite" {
        return;
    }
    let shop = Shop::open(&premises);
    let (url, schema) = premises.database_of("catalog");
    let keeper = Database::connect(&url).await.unwrap();
    let holding = keeper.begin().await.unwrap();
    holding.execute_unprepared(&format!("LOCK TABLE \"{schema}\".product IN ACCESS EXCLUSIVE MODE")).await.unwrap();
    let eye = Database::connect(&url).await.unwrap();
    let mut shown = false;
    for _ in 0..TRIES {
        let staying = asking(&shop, MUG.product());
        let earlier = one_more(&eye, &HashSet::new()).await;
        let leaving = asking(&shop, NOTEBOOK.product());
        let later = one_more(&eye, &HashSet::from([earlier])).await;
        leaving.abort();
        ended(&eye, later).await;
        shown = waiting(&eye).await.contains(&earlier);
        staying.abort();
        ended(&eye, earlier).await;
        if shown {
            break;
        }
    }
    assert!(shown, "its statement never ended before the router gave up the one that was asked for earlier");
    holding.rollback().await.unwrap();
}
