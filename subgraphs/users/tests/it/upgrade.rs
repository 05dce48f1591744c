//! A shop that took mail domains as they were typed before it had one spelling for each.

use kit::testing::fresh_db;
use migrations::users::Migrator;
use sea_orm::ConnectionTrait;
use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// The database as it was before.
struct Before;

impl MigratorTrait for Before {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        Migrator::migrations().into_iter().take_while(|migration| migration.name() != "m0014_mail_domains").collect()
    }
}

#[tokio::test]
async fn an_account_is_found_by_its_domain_in_every_script_also_one_that_was_made_before() {
    let db = fresh_db::<Before>().await;
    let kept = [
        ("user_ada", "ada@bücher.example"),
        ("user_bob", "bob@bücher.example"),
        ("user_bob_again", "bob@xn--bcher-kva.example"),
        ("user_eve", "eve@example.com"),
    ];
    for (id, email) in kept {
        let account = format!(
            "INSERT INTO account (id, email, password_hash, display_name, permissions, created_at) \
             VALUES ('{id}', '{email}', '', 'Somebody', '', '2026-01-05T12:00:00+00:00')"
        );
        db.raw().execute_unprepared(&account).await.expect("written");
    }
    Migrator::up(db.raw(), None).await.expect("the rest of the migrations apply");
    let rows = kit::testing::rows(&db).await;
    let of = |id: &str| rows.iter().find(|row| row.contains(&format!("{id}\"")) || row.contains(&format!("{id}'")));
    for (id, email) in [
        ("user_ada", "ada@xn--bcher-kva.example"),
        ("user_bob", "bob@bücher.example"),
        ("user_bob_again", "bob@xn--bcher-kva.example"),
        ("user_eve", "eve@example.com"),
    ] {
        let row = of(id).unwrap_or_else(|| panic!("{id} is gone: {rows:#?}"));
        assert!(row.contains(email), "{row}");
    }
}
