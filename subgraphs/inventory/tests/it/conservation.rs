//! The staff's question whether every unit is where the books say.

use insta::assert_json_snapshot;
use kit::Viewer;
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::{Value, json};

use crate::warehouse::Warehouse;

const WHOLE: &str = "{ conservation { id units { received free reserved sold variants holds
    violations { variantId locationId message actual expected } } } }";

fn staff() -> Viewer {
    Viewer::staff("user_staff", &["reports"])
}

async fn busy() -> Warehouse {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 3), ("south", 2)]).await;
    warehouse.stock("bowl-1", &[("north", 7)]).await;
    for (order, lines) in
        [("1", [("mug-1", 4)]), ("2", [("bowl-1", 2)]), ("3", [("bowl-1", 1)]), ("4", [("bowl-1", 1)])]
    {
        warehouse.handle(&warehouse.reserve(order, &lines)).await;
    }
    for command in [warehouse.settle("2"), warehouse.settle("3"), warehouse.put_back("3"), warehouse.release("4")] {
        warehouse.handle(&command).await;
    }
    warehouse
}

pub async fn tamper(warehouse: &Warehouse, with: &str) {
    let txn = warehouse.db.begin().await.expect("the database works");
    txn.execute_unprepared(with).await.expect("the statement is sound");
    txn.commit().await.expect("the database works");
}

/// Takes away what keeps the ledger from being changed.
pub async fn unlock_the_ledger(warehouse: &Warehouse) {
    let unlock = match warehouse.db.reader().get_database_backend() {
        DbBackend::Postgres => "DROP TRIGGER stock_entry_append_only ON stock_entry",
        _ => "DROP TRIGGER stock_entry_no_delete",
    };
    tamper(warehouse, unlock).await;
}

#[tokio::test]
async fn nobody_changes_what_stands_in_the_ledger() {
    let warehouse = busy().await;
    for change in ["UPDATE stock_entry SET units = 0", "DELETE FROM stock_entry"] {
        let txn = warehouse.db.begin().await.expect("the database works");
        let refused = txn.execute_unprepared(change).await.expect_err("append-only").to_string();
        assert!(refused.contains("stock_entry is append-only"), "{refused}");
    }
}

#[tokio::test]
async fn all_units_add_up() {
    let warehouse = busy().await;
    assert_json_snapshot!(warehouse.ask_as(&staff(), WHOLE).await, @r#"
    {
      "data": {
        "conservation": {
          "id": "now",
          "units": {
            "free": "6",
            "holds": true,
            "received": "12",
            "reserved": "4",
            "sold": "2",
            "variants": "2",
            "violations": []
          }
        }
      }
    }
    "#);
}

#[tokio::test]
async fn an_empty_warehouse_adds_up() {
    let warehouse = Warehouse::empty().await;
    let units = warehouse.ask_as(&staff(), WHOLE).await["data"]["conservation"]["units"].clone();
    let nothing = json!({"received": "0", "free": "0", "reserved": "0", "sold": "0", "variants": "0", "holds": true,
        "violations": []});
    assert_eq!(units, nothing);
}

#[tokio::test]
async fn what_does_not_add_up_is_named_with_both_sides() {
    let warehouse = busy().await;
    tamper(&warehouse, "UPDATE stock_level SET reserved = reserved - 1 WHERE location_id = 'loc_south'").await;
    unlock_the_ledger(&warehouse).await;
    tamper(&warehouse, "DELETE FROM stock_entry WHERE kind = 'RETURNED'").await;
    tamper(
        &warehouse,
        "INSERT INTO stock_entry (variant_id, location_id, kind, units, at)
        VALUES ('var_ghost-1', 'loc_north', 'RECEIVED', 5, '2026-01-05 12:00:00+00:00')",
    )
    .await;
    let units = warehouse.ask_as(&staff(), WHOLE).await["data"]["conservation"]["units"].clone();
    assert_eq!(units["holds"], false);
    assert_json_snapshot!(units["violations"], @r#"
    [
      {
        "actual": "2",
        "expected": "3",
        "locationId": "loc_north",
        "message": "What was sold is not what the ledger says.",
        "variantId": "var_bowl-1"
      },
      {
        "actual": "0",
        "expected": "5",
        "locationId": "loc_north",
        "message": "What was received is not what the ledger says.",
        "variantId": "var_ghost-1"
      },
      {
        "actual": "0",
        "expected": "1",
        "locationId": "loc_south",
        "message": "What is reserved is not what the ledger says.",
        "variantId": "var_mug-1"
      },
      {
        "actual": "0",
        "expected": "1",
        "locationId": "loc_south",
        "message": "What is reserved is not what the live reservations hold.",
        "variantId": "var_mug-1"
      }
    ]
    "#);
    let first = "{ conservation { units { violations(first: 1) { variantId } } } }";
    let one = warehouse.ask_as(&staff(), first).await["data"]["conservation"]["units"]["violations"].clone();
    assert_eq!(one, json!([{"variantId": "var_bowl-1"}]));
}

#[tokio::test]
async fn one_variant_s_units_are_told_over_all_locations() {
    let warehouse = busy().await;
    let query = r#"{ conservation { units {
        mug: variant(id: "var_mug-1") { received free reserved sold }
        bowl: variant(id: "var_bowl-1") { received free reserved sold }
        unknown: variant(id: "var_unheard-of") { free } none: variant(id: "prod_mug") { free } } } }"#;
    assert_json_snapshot!(warehouse.ask_as(&staff(), query).await["data"]["conservation"]["units"], @r#"
    {
      "bowl": {
        "free": "5",
        "received": "7",
        "reserved": "0",
        "sold": "2"
      },
      "mug": {
        "free": "1",
        "received": "5",
        "reserved": "4",
        "sold": "0"
      },
      "none": null,
      "unknown": null
    }
    "#);
}

#[tokio::test]
async fn the_books_are_read_once_whatever_is_asked_of_them() {
    let warehouse = busy().await;
    let mut costs = Vec::new();
    let audit = WHOLE.replace("conservation {", "conservation(audit: true) {");
    for query in ["{ conservation { units { free } } }", WHOLE, "{ conservation { id } }", &audit] {
        let before = warehouse.db.statements();
        warehouse.ask_as(&staff(), query).await;
        costs.push(warehouse.db.statements() - before);
    }
    assert_eq!(costs, [2, 2, 0, 1], "the checkpoint and what moved since, or everything");
}

#[tokio::test]
async fn only_staff_who_may_read_reports_are_answered_through_either_door() {
    let warehouse = busy().await;
    let door = r#"{ _entities(representations: [{__typename: "Conservation", id: "now"},
        {__typename: "Conservation", id: "audit"}, {__typename: "Conservation", id: "then"}]) {
        ... on Conservation { id units { free } } } }"#;
    for stranger in [Viewer::anonymous(), Viewer::user("user_1"), Viewer::staff("user_staff", &["orders"])] {
        let refused = warehouse.ask_as(&stranger, WHOLE).await;
        let code = if stranger.signed.is_some() { "FORBIDDEN" } else { "UNAUTHENTICATED" };
        assert_eq!(refused["errors"][0]["extensions"]["code"], code, "{refused}");
        let entities = warehouse.ask_as(&stranger, door).await;
        assert_eq!(entities, json!({"data": {"_entities": [null, null, null]}}));
    }
    let entities: Value = warehouse.ask_as(&staff(), door).await["data"]["_entities"].clone();
    let of = |id| json!({"id": id, "units": {"free": "6"}});
    assert_eq!(entities, json!([of("now"), of("audit"), null]));
}
