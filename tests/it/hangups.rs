//! Who hangs up stops the whole chain behind the edge, down to the statement.

use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement, TransactionTrait};
use system_tests::{MUG, Premises, Shop};

/// The router gives a subgraph up after 5 s. What ends well before that has ended because of the client.
const LONG_BEFORE_THE_ROUTER: Duration = Duration::from_millis(3_500);

/// How many statements of the catalog wait for the lock of this test.
async fn waiting(watcher: &DatabaseConnection) -> usize {
    let sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    watcher.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap().len()
}

async fn until_waiting(watcher: &DatabaseConnection, wanted: bool) {
    let seen = async {
        while (waiting(watcher).await > 0) != wanted {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(30), seen).await;
    assert!(in_time.is_ok(), "statements wait for the lock: {}", !wanted);
}

/// On Postgres, where a test can hold a statement up. That SQLite's end too is tested in `kit`.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_at_the_edge_ends_the_statement_in_the_database() {
    let premises = Premises::fresh().await;
    if premises.database() == "sqlite" {
        return;
    }
    let shop = Shop::open(&premises);
    let (url, schema) = premises.database_of("catalog");
    let watcher = Database::connect(&url).await.unwrap();
    let holding = watcher.begin().await.unwrap();
    holding.execute_unprepared(&format!("LOCK TABLE \"{schema}\".product IN ACCESS EXCLUSIVE MODE")).await.unwrap();
    let eye = Database::connect(&url).await.unwrap();
    let asked = Instant::now();
    let visitor = shop.visitor();
    let asking = tokio::spawn(async move {
        let document = "query($id: ID!) { product(id: $id) { title } }";
        visitor.try_send(document, &serde_json::json!({"id": MUG.product()})).await
    });
    until_waiting(&eye, true).await;
    asking.abort();
    until_waiting(&eye, false).await;
    let took = asked.elapsed();
    assert!(took < LONG_BEFORE_THE_ROUTER, "the statement ended after {took:?}: the router gave it up, not the client");
    holding.rollback().await.unwrap();
}
