use crate::warehouse::Warehouse;

#[tokio::test]
async fn what_is_returned_lies_where_it_was_taken_from() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 3), ("south", 2)]).await;
    warehouse.handle(&warehouse.reserve("1", &[("mug-1", 4)])).await;
    warehouse.handle(&warehouse.settle("1")).await;
    assert_eq!(warehouse.units().await, [5, 1, 0, 4]);
    for _ in 0..3 {
        assert_eq!(warehouse.handle(&warehouse.put_back("1")).await.0, "stock.returned.v1");
        assert_eq!(warehouse.units().await, [5, 5, 0, 0]);
    }
    assert_eq!(warehouse.handle(&warehouse.reserve("2", &[("mug-1", 5)])).await.0, "stock.reserved.v1");
}

#[tokio::test]
async fn the_return_of_what_is_only_held_releases_it() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 5)]).await;
    warehouse.handle(&warehouse.reserve("1", &[("mug-1", 2)])).await;
    for _ in 0..2 {
        assert_eq!(warehouse.handle(&warehouse.put_back("1")).await.0, "stock.returned.v1");
        assert_eq!(warehouse.units().await, [5, 5, 0, 0]);
    }
    assert_eq!(warehouse.handle(&warehouse.release("1")).await.0, "stock.released.v1");
    assert_eq!(warehouse.units().await, [5, 5, 0, 0]);
}

#[tokio::test]
async fn a_return_that_comes_first_refuses_the_reserve() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 5)]).await;
    assert_eq!(warehouse.handle(&warehouse.put_back("1")).await.0, "stock.returned.v1");
    assert_eq!(warehouse.handle(&warehouse.reserve("1", &[("mug-1", 1)])).await.0, "stock.refused.v1");
    assert_eq!(warehouse.handle(&warehouse.settle("1")).await.0, "stock.refused.v1");
    assert_eq!(warehouse.units().await, [5, 5, 0, 0]);
}

#[tokio::test]
async fn a_sale_that_comes_after_its_return_sells_nothing() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 5)]).await;
    warehouse.handle(&warehouse.reserve("1", &[("mug-1", 2)])).await;
    warehouse.handle(&warehouse.put_back("1")).await;
    for _ in 0..2 {
        assert_eq!(warehouse.handle(&warehouse.settle("1")).await.0, "stock.refused.v1");
        assert_eq!(warehouse.units().await, [5, 5, 0, 0]);
    }
    warehouse.handle(&warehouse.reserve("2", &[("mug-1", 2)])).await;
    warehouse.handle(&warehouse.settle("2")).await;
    warehouse.handle(&warehouse.put_back("2")).await;
    for (late, answer) in [
        (warehouse.settle("2"), "stock.refused.v1"),
        (warehouse.release("2"), "stock.released.v1"),
        (warehouse.reserve("2", &[("mug-1", 2)]), "stock.refused.v1"),
    ] {
        assert_eq!(warehouse.handle(&late).await.0, answer);
        assert_eq!(warehouse.units().await, [5, 5, 0, 0]);
    }
}

#[tokio::test]
async fn an_import_after_a_return_receives_nothing_twice() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 5)]).await;
    warehouse.handle(&warehouse.reserve("1", &[("mug-1", 5)])).await;
    warehouse.handle(&warehouse.settle("1")).await;
    warehouse.handle(&warehouse.put_back("1")).await;
    assert_eq!(warehouse.stock("mug-1", &[("north", 5)]).await.unchanged, 1);
    assert_eq!(warehouse.stock("mug-1", &[("north", 2)]).await.changed, 1);
    assert_eq!(warehouse.units().await, [2, 2, 0, 0]);
}
