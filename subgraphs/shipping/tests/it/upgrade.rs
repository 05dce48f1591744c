//! A shop that has booked parcels before anybody looked after them.

use kit::testing::fresh_db;
use migrations::shipping::Migrator;
use sea_orm::{ConnectionTrait, Statement};
use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// The database as it was before parcels were looked after.
struct Before;

impl MigratorTrait for Before {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        Migrator::migrations().into_iter().take_while(|migration| migration.name() != "m0005_tracking").collect()
    }
}

#[tokio::test]
async fn what_was_booked_before_is_looked_after_and_what_was_cancelled_is_not() {
    let db = fresh_db::<Before>().await;
    for (order, state) in [("ord_1", "BOOKED"), ("ord_2", "CANCELLED")] {
        let shipment = format!(
            "INSERT INTO shipment (order_id, id, state, lines, created_at) \
             VALUES ('{order}', 'shp_{order}', '{state}', '[]', '2026-01-05T12:00:00+00:00')"
        );
        db.raw().execute_unprepared(&shipment).await.expect("written");
    }
    Migrator::up(db.raw(), None).await.expect("the rest of the migrations apply");
    let due = "SELECT order_id FROM shipment WHERE next_look_at = created_at";
    let statement = Statement::from_string(db.reader().get_database_backend(), due);
    let rows = db.reader().query_all_raw(statement).await.expect("readable");
    let due: Vec<String> = rows.iter().map(|row| row.try_get_by_index(0).expect("a text")).collect();
    assert_eq!(due, ["ord_1"]);
}
