//! Rows that are kept for a while.

use chrono::{DateTime, TimeDelta, Utc};
use kit::Retention;
use kit::db::retention::forget_old;
use kit::testing::{TestDb, fresh_db, manual_clock, rows, sweeps_by_index};
use migrations::search::Migrator;
use sea_orm::{EntityTrait, Set};

mod handled {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "inbox")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub consumer: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub message_id: String,
        pub handled_at: DateTimeUtc,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod sent {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "outbox")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub seq: i64,
        /// No index goes by it.
        pub sent_at: Option<DateTimeUtc>,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn for_a_day() -> Retention {
    Retention::of::<handled::Entity>(handled::Column::HandledAt, TimeDelta::days(1))
}

async fn write(db: &TestDb, consumer: &str, count: usize, at: DateTime<Utc>) {
    let rows = (0..count).map(|one| handled::ActiveModel {
        consumer: Set(consumer.to_owned()),
        message_id: Set(one.to_string()),
        handled_at: Set(at),
    });
    let txn = db.begin().await.unwrap();
    handled::Entity::insert_many(rows).exec_without_returning(&*txn).await.unwrap();
    txn.commit().await.unwrap();
}

async fn kept(db: &TestDb) -> usize {
    rows(db).await.iter().filter(|row| row.starts_with("inbox: ")).count()
}

#[tokio::test]
async fn a_row_goes_when_its_time_is_over_and_no_sooner() {
    let (db, clock) = (fresh_db::<Migrator>().await, manual_clock());
    write(&db, "a", 3, clock.now()).await;
    clock.advance(TimeDelta::hours(23));
    write(&db, "b", 2, clock.now()).await;
    assert_eq!(forget_old(&db, &clock, &[for_a_day()]).await.unwrap(), 0);
    clock.advance(TimeDelta::hours(1));
    assert_eq!(forget_old(&db, &clock, &[for_a_day()]).await.unwrap(), 3);
    assert_eq!(kept(&db).await, 2);
}

#[tokio::test]
async fn replicas_that_sweep_at_once_forget_each_row_once() {
    let (db, clock) = (fresh_db::<Migrator>().await, manual_clock());
    write(&db, "a", 2_300, clock.now()).await;
    clock.advance(TimeDelta::days(1));
    let rule = [for_a_day()];
    let (one, two, three) =
        tokio::join!(forget_old(&db, &clock, &rule), forget_old(&db, &clock, &rule), forget_old(&db, &clock, &rule));
    assert_eq!(one.unwrap() + two.unwrap() + three.unwrap(), 2_300);
    assert_eq!(kept(&db).await, 0);
}

#[tokio::test]
async fn only_rows_of_which_the_condition_holds_go() {
    let (db, clock) = (fresh_db::<Migrator>().await, manual_clock());
    write(&db, "a", 2, clock.now()).await;
    write(&db, "b", 3, clock.now()).await;
    clock.advance(TimeDelta::days(1));
    assert_eq!(forget_old(&db, &clock, &[for_a_day().only("consumer <> 'b'")]).await.unwrap(), 2);
    assert_eq!(kept(&db).await, 3);
}

#[tokio::test]
async fn a_table_that_fails_holds_up_no_other() {
    let (db, clock) = (fresh_db::<Migrator>().await, manual_clock());
    write(&db, "a", 2, clock.now()).await;
    clock.advance(TimeDelta::days(1));
    let broken = for_a_day().only("no_such_column = 1");
    forget_old(&db, &clock, &[broken, for_a_day()]).await.unwrap_err();
    assert_eq!(kept(&db).await, 0);
}

#[tokio::test]
async fn what_was_handled_is_found_by_its_age() {
    let db = fresh_db::<Migrator>().await;
    assert_eq!(sweeps_by_index(&db, &[for_a_day()]).await, ["inbox_handled"]);
}

#[tokio::test]
#[should_panic(expected = "reads all of the table")]
async fn a_sweep_without_an_index_is_noticed() {
    let db = fresh_db::<Migrator>().await;
    sweeps_by_index(&db, &[Retention::of::<sent::Entity>(sent::Column::SentAt, TimeDelta::days(1))]).await;
}
