//! A shop that has sold before it kept books of what is owed.

use kit::testing::fresh_db;
use migrations::payments::Migrator;
use sea_orm::{ConnectionTrait, Statement};
use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// The database as it was before there were sales.
struct Before;

impl MigratorTrait for Before {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        Migrator::migrations().into_iter().take_while(|migration| migration.name() != "m0004_sale").collect()
    }
}

#[tokio::test]
async fn what_was_paid_before_is_owed() {
    let db = fresh_db::<Before>().await;
    for (order, state) in [("ord_paid", "CAPTURED"), ("ord_back", "REFUNDED"), ("ord_held", "AUTHORIZED")] {
        let payment = format!(
            "INSERT INTO payment (order_id, id, state, owner, amount_minor, currency, created_at) \
             VALUES ('{order}', 'pay_{order}', '{state}', 'user:user_ada', 4995, 'USD', '2026-01-05T12:00:00+00:00')"
        );
        db.raw().execute_unprepared(&payment).await.expect("written");
    }
    Migrator::up(db.raw(), None).await.expect("the rest of the migrations apply");
    let entries = "SELECT order_id || ' ' || event || ' ' || account || ' ' || minor FROM money_entry ORDER BY account";
    let statement = Statement::from_string(db.reader().get_database_backend(), entries);
    let rows = db.reader().query_all_raw(statement).await.expect("readable");
    let entries: Vec<String> = rows.iter().map(|row| row.try_get_by_index(0).expect("a text")).collect();
    assert_eq!(entries, ["ord_paid confirmed owed 4995", "ord_paid confirmed sales -4995"]);
}
