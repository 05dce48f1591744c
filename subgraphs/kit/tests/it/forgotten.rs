//! What was deleted from an SQLite file is not in it any more.

use kit::Db;
use kit::db::Place;
use sea_orm::{ConnectionTrait, DatabaseConnection};

const MARK: &str = "mot_a-link-that-was-mailed";

async fn run(db: &DatabaseConnection, statement: &str) {
    db.execute_unprepared(statement).await.unwrap();
}

fn marks(file: &std::path::Path) -> usize {
    let bytes = std::fs::read(file).unwrap();
    bytes.windows(MARK.len()).filter(|part| *part == MARK.as_bytes()).count()
}

#[tokio::test]
async fn what_is_deleted_or_written_over_is_written_over_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("some.sqlite");
    let db = Db::open(&Place::Sqlite(file.clone())).await.unwrap();
    let writer = db.raw();
    run(writer, "CREATE TABLE letter (id INTEGER PRIMARY KEY, text TEXT NOT NULL)").await;
    for (id, length) in (0..300).zip([10, 300, 9_000].into_iter().cycle()) {
        let text = format!("{MARK}{}", ".".repeat(length));
        run(writer, &format!("INSERT INTO letter VALUES ({id}, '{text}')")).await;
    }
    run(writer, "PRAGMA wal_checkpoint(TRUNCATE)").await;
    assert_eq!(marks(&file), 300, "they were there");
    run(writer, "UPDATE letter SET text = '' WHERE id % 2 = 0").await;
    run(writer, "DELETE FROM letter WHERE id % 2 = 1").await;
    run(writer, "PRAGMA wal_checkpoint(TRUNCATE)").await;
    assert_eq!(marks(&file), 0, "in rows, in pages that are free, and between");
}
