//! `docs/growth.md` says of every table what bounds it.

use std::collections::{BTreeMap, BTreeSet};

use kit::testing::{TestDb, columns, fresh_db, indexes};

const GROWTH: &str = include_str!("../../docs/growth.md");
/// The tables that stand in every database.
const SHARED: &str = "Messages, in every database";

/// The lines of each section's table: the table's name, and the indexes by which rows of it are found.
fn described() -> BTreeMap<&'static str, Vec<(&'static str, Vec<&'static str>)>> {
    let mut sections: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut section = "";
    for line in GROWTH.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title;
            sections.entry(section).or_default();
        } else if let Some(row) = line.strip_prefix("| `") {
            let cells: Vec<&str> = row.trim_end_matches('|').split(" |").map(str::trim).collect();
            let [table, grows, bounded, found] = cells[..] else { panic!("four cells: {line}") };
            assert!(!grows.is_empty() && !bounded.is_empty(), "it says nothing: {line}");
            let found = found.split('`').skip(1).step_by(2).collect();
            sections.entry(section).or_default().push((table.trim_end_matches('`'), found));
        }
    }
    sections
}

async fn every_table_of(database: &str, db: &TestDb) {
    let sections = described();
    let told = || [SHARED, database].into_iter().flat_map(|section| &sections[section]);
    let tables: BTreeSet<String> =
        columns(db).await.iter().map(|place| place.split('.').next().unwrap_or_default().to_owned()).collect();
    let documented: BTreeSet<String> = told().map(|(table, _)| (*table).to_owned()).collect();
    assert_eq!(documented, tables, "the tables of {database}, and those that docs/growth.md has of it");
    let there = indexes(db).await;
    for (table, found) in told() {
        for index in found {
            assert!(there.contains(&format!("{table}.{index}")), "{database} has no index {index} on {table}");
        }
    }
}

macro_rules! every_table_says_what_bounds_it {
    ($($database:ident),+) => {
        $(
            #[tokio::test]
            async fn $database() {
                let db = fresh_db::<migrations::$database::Migrator>().await;
                every_table_of(stringify!($database), &db).await;
            }
        )+

        #[test]
        fn of_every_database() {
            let named: BTreeSet<&str> = [SHARED, $(stringify!($database)),+].into();
            assert_eq!(described().into_keys().collect::<BTreeSet<_>>(), named);
        }
    };
}

mod every_table_says_what_bounds_it {
    use super::*;

    every_table_says_what_bounds_it!(catalog, inventory, orders, payments, reviews, search, shipping, users);
}
