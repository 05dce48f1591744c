use insta::assert_json_snapshot;
use serde_json::json;

use crate::warehouse::{Warehouse, location};

#[tokio::test]
async fn the_same_file_twice_receives_its_stock_once() {
    let warehouse = Warehouse::empty().await;
    assert_eq!(warehouse.stock("mug-1", &[("north", 5), ("south", 2)]).await.changed, 1);
    assert_eq!(warehouse.stock("mug-1", &[("north", 5), ("south", 2)]).await.unchanged, 1);
    assert_eq!(warehouse.units().await, [7, 7, 0, 0]);
    assert_eq!(warehouse.stock("mug-1", &[("north", 6)]).await.changed, 1);
    assert_eq!(warehouse.units().await, [8, 8, 0, 0]);
}

#[tokio::test]
async fn an_import_never_brings_back_what_was_sold() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 5)]).await;
    warehouse.handle(&warehouse.reserve("1", &[("mug-1", 2)])).await;
    warehouse.handle(&warehouse.settle("1")).await;
    warehouse.handle(&warehouse.reserve("2", &[("mug-1", 1)])).await;
    assert_eq!(warehouse.stock("mug-1", &[("north", 5)]).await.unchanged, 1);
    assert_eq!(warehouse.units().await, [5, 2, 1, 2]);
    assert_eq!(warehouse.stock("mug-1", &[("north", 3)]).await.changed, 1);
    assert_eq!(warehouse.units().await, [3, 0, 1, 2]);
    assert_json_snapshot!(warehouse.stock("mug-1", &[("north", 2)]).await.rejected, @r#"
    [
      [
        0,
        "3 units of the variant `mug-1` at `north` are sold or reserved: 2 are too few"
      ]
    ]
    "#);
    assert_eq!(warehouse.units().await, [3, 0, 1, 2]);
}

#[tokio::test]
async fn stock_lies_only_where_there_is_a_location() {
    let warehouse = Warehouse::empty().await;
    assert_json_snapshot!(warehouse.stock("mug-1", &[("north", 5), ("moon", 1)]).await.rejected, @r#"
    [
      [
        0,
        "there is no location `moon` for the variant `mug-1`"
      ]
    ]
    "#);
    assert_json_snapshot!(warehouse.stock("mug-1", &[("north", -5)]).await.rejected, @r#"
    [
      [
        0,
        "the variant `mug-1` has less than nothing in stock at `north`"
      ]
    ]
    "#);
    assert_eq!(warehouse.units().await, [0, 0, 0, 0]);
}

#[tokio::test]
async fn a_location_that_cannot_be_is_refused() {
    let warehouse = Warehouse::empty().await;
    let mut nowhere = location("nowhere", "Nowhere");
    nowhere["latitude"] = json!(91.0);
    let mut abroad = location("abroad", "Abroad");
    abroad["address"]["country"] = json!("usa");
    let landed = warehouse
        .locate(json!([
            nowhere,
            abroad,
            location("Bad Id", "Bad"),
            location("unnamed", " "),
            location("north", "Northgate"),
            location("north", "Again"),
            location("south", "Southgate, moved"),
        ]))
        .await;
    assert_eq!((landed.changed, landed.unchanged), (1, 1));
    assert_json_snapshot!(landed.rejected, @r#"
    [
      [
        0,
        "the location `nowhere` is not on this earth"
      ],
      [
        1,
        "the location `abroad`: There is no country usa. Did you mean US (United States)?"
      ],
      [
        2,
        "`Bad Id` is no location id: write 1 to 64 of a-z, 0-9 and -"
      ],
      [
        3,
        "the name of the location `unnamed` has nothing in it that can be seen"
      ],
      [
        5,
        "the location `north` is listed twice"
      ]
    ]
    "#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_who_import_the_same_at_the_same_time_receive_it_once() {
    for round in 0..10 {
        let warehouse = std::sync::Arc::new(Warehouse::empty().await);
        let imports: Vec<_> = (0..3)
            .map(|_| {
                let warehouse = std::sync::Arc::clone(&warehouse);
                tokio::spawn(async move { warehouse.stock("mug-1", &[("north", 5), ("south", 2)]).await })
            })
            .collect();
        for import in imports {
            import.await.expect("it landed");
        }
        let books = warehouse.store.conservation().await.expect("the database works");
        assert!(books.holds() && books.received == 7, "round {round}: {books:?}");
    }
}
