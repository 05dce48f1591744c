use futures::future::join_all;
use kit::Db;
use kit::db::Place;
use kit::testing::fresh_place;
use migrations::orders::Migrator;
use sea_orm::{ConnectionTrait, Statement};
use sea_orm_migration::MigratorTrait;

/// As a later version leaves them: one more column, and the note of a migration that this version does not know.
const NEWER: [&str; 2] = [
    "ALTER TABLE outbox ADD COLUMN of_tomorrow TEXT",
    "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_tomorrow', 0)",
];

async fn reach(place: &Place) -> Db {
    Db::open(place).await.expect("the database opens")
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_start_together_apply_each_migration_once() {
    let (place, _folder) = fresh_place();
    let replicas = join_all((0..4).map(|_| reach(&place))).await;
    let applied = join_all(replicas.iter().map(|db| async { db.migrate::<Migrator>().await.expect("migrated") })).await;
    let mut applied: Vec<String> = applied.into_iter().flatten().collect();
    applied.sort_unstable();
    let mut all: Vec<String> = Migrator::migrations().iter().map(|one| one.name().to_owned()).collect();
    all.sort_unstable();
    assert_eq!(applied, all);
}

#[tokio::test]
async fn an_older_version_runs_on_a_newer_schema() {
    let (place, _folder) = fresh_place();
    let db = reach(&place).await;
    assert_eq!(db.lacks::<Migrator>().await.unwrap().len(), Migrator::migrations().len());
    db.migrate::<Migrator>().await.unwrap();
    for statement in NEWER {
        db.raw().execute_unprepared(statement).await.unwrap();
    }
    assert_eq!(db.lacks::<Migrator>().await.unwrap(), [""; 0]);
    assert_eq!(db.migrate::<Migrator>().await.unwrap(), [""; 0]);
    let txn = db.begin().await.unwrap();
    let message = kit::messaging::Message::new("thing.happened.v1", "a", &serde_json::json!({})).unwrap();
    txn.send("things", &message).await.unwrap();
    txn.commit().await.unwrap();
}

/// On Postgres, where somebody else may own the schema.
#[tokio::test]
async fn whoever_may_change_no_schema_runs_on_one_that_is_up_to_date() {
    let (place, _folder) = fresh_place();
    let db = reach(&place).await;
    db.migrate::<Migrator>().await.unwrap();
    let Place::Postgres { url, schema, .. } = place else { return };
    let run = async |statement: String| db.raw().execute_unprepared(&statement).await.map(drop);
    run(format!("CREATE ROLE {schema}_app LOGIN")).await.unwrap();
    let (before, after) = url.split_once("://").unwrap();
    let host = after.split_once('@').map_or(after, |(_, host)| host);
    let app = Place::postgres(format!("{before}://{schema}_app@{host}"), &schema);
    let refused = reach(&app).await.lacks::<Migrator>().await.expect_err("it may not look");
    assert!(refused.to_string().contains(&format!("GRANT USAGE ON SCHEMA {schema} TO {schema}_app")), "{refused}");
    run(format!("GRANT USAGE ON SCHEMA {schema} TO {schema}_app")).await.unwrap();
    run(format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {schema}_app"))
        .await
        .unwrap();
    run(format!("GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {schema}_app")).await.unwrap();
    let app = reach(&app).await;
    let who = Statement::from_string(app.reader().get_database_backend(), "SELECT current_user::text AS who");
    let who: String = app.reader().query_one_raw(who).await.unwrap().unwrap().try_get("", "who").unwrap();
    assert!(who.ends_with("_app"), "{who}");
    assert_eq!(app.migrate::<Migrator>().await.unwrap(), [""; 0]);
    let txn = app.begin().await.unwrap();
    let message = kit::messaging::Message::new("thing.happened.v1", "a", &serde_json::json!({})).unwrap();
    txn.send("things", &message).await.unwrap();
    txn.commit().await.unwrap();
}
