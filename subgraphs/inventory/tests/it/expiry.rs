//! Promises that run out, and payments that come about then. A hold ends when it is swept, never by itself: until then
//! its units are its order's, however late it is.

use chrono::TimeDelta;
use serde_json::json;

use crate::conservation::tamper;
use crate::warehouse::Warehouse;

#[tokio::test]
async fn a_promise_ends_when_its_time_is_over() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 3), ("south", 2)]).await;
    warehouse.handle(&warehouse.reserve("1", &[("mug-1", 4)])).await;
    warehouse.clock.advance(TimeDelta::minutes(29));
    assert_eq!(warehouse.sweep().await, 0);
    warehouse.clock.advance(TimeDelta::minutes(1));
    assert_eq!(warehouse.sweep().await, 1);
    assert_eq!(warehouse.units().await, [5, 5, 0, 0]);
    assert_eq!(warehouse.sweep().await, 0);
}

#[tokio::test]
async fn a_payment_that_beats_its_deadline_barely_still_gets_the_units_if_nobody_took_them() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 3), ("south", 2)]).await;
    warehouse.handle(&warehouse.reserve("1", &[("mug-1", 4)])).await;
    warehouse.clock.advance(TimeDelta::hours(1));
    warehouse.sweep().await;
    assert_eq!(warehouse.handle(&warehouse.settle("1")).await.0, "stock.settled.v1");
    assert_eq!(warehouse.units().await, [5, 1, 0, 4]);
}

#[tokio::test]
async fn a_late_payment_is_told_that_its_units_are_gone() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 4)]).await;
    warehouse.handle(&warehouse.reserve("1", &[("mug-1", 3)])).await;
    warehouse.clock.advance(TimeDelta::hours(1));
    warehouse.sweep().await;
    warehouse.handle(&warehouse.reserve("2", &[("mug-1", 2)])).await;
    let (kind, body) = warehouse.handle(&warehouse.settle("1")).await;
    assert_eq!(kind, "stock.refused.v1");
    assert_eq!(body["shortages"], json!([{"variantId": "var_mug-1", "requested": 3, "available": 2}]));
    assert_eq!(warehouse.units().await, [4, 2, 2, 0]);
}

#[tokio::test]
async fn a_payment_that_comes_before_the_sweep_is_in_time() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 4)]).await;
    warehouse.handle(&warehouse.reserve("1", &[("mug-1", 4)])).await;
    warehouse.clock.advance(TimeDelta::hours(1));
    let (kind, _) = warehouse.handle(&warehouse.reserve("2", &[("mug-1", 1)])).await;
    assert_eq!(kind, "stock.refused.v1", "what is not swept is not free");
    assert_eq!(warehouse.handle(&warehouse.settle("1")).await.0, "stock.settled.v1");
    assert_eq!(warehouse.sweep().await, 0, "what is sold does not run out");
    assert_eq!(warehouse.units().await, [4, 0, 0, 4]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_payment_and_a_sweep_at_once_each_unit_goes_one_way() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 40)]).await;
    for order in 0..20 {
        warehouse.handle(&warehouse.reserve(&order.to_string(), &[("mug-1", 2)])).await;
    }
    warehouse.clock.advance(TimeDelta::hours(1));
    let sweeping = {
        let store = warehouse.store.clone();
        tokio::spawn(async move { store.release_expired().await })
    };
    let commands = inventory::Commands::new(warehouse.store.clone());
    for order in (0..20).rev() {
        let settle = warehouse.settle(&order.to_string());
        kit::messaging::MessageHandler::handle(&commands, &settle).await.expect("handled");
    }
    sweeping.await.expect("no panic").expect("swept");
    assert_eq!(
        warehouse.units().await,
        [40, 0, 0, 40],
        "nobody took the units that ran out, so they are sold after all"
    );
}

#[tokio::test]
async fn a_hold_that_ran_out_is_freed_once_however_it_is_released() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 5)]).await;
    warehouse.handle(&warehouse.reserve("1", &[("mug-1", 3)])).await;
    warehouse.clock.advance(TimeDelta::hours(1));
    assert_eq!(warehouse.sweep().await, 1);
    warehouse.handle(&warehouse.reserve("2", &[("mug-1", 4)])).await;
    for _ in 0..2 {
        assert_eq!(warehouse.handle(&warehouse.release("1")).await.0, "stock.released.v1");
        assert_eq!(warehouse.handle(&warehouse.put_back("1")).await.0, "stock.returned.v1");
        assert_eq!(warehouse.sweep().await, 0);
        assert_eq!(warehouse.units().await, [5, 1, 4, 0]);
    }
}

#[tokio::test]
async fn a_payment_does_not_revive_a_hold_that_was_given_up() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 5)]).await;
    for (order, given_up) in [("1", warehouse.release("1")), ("2", warehouse.put_back("2"))] {
        warehouse.handle(&warehouse.reserve(order, &[("mug-1", 2)])).await;
        warehouse.clock.advance(TimeDelta::hours(1));
        assert_eq!(warehouse.sweep().await, 1);
        warehouse.handle(&given_up).await;
        assert_eq!(warehouse.handle(&warehouse.settle(order)).await.0, "stock.refused.v1");
        assert_eq!(warehouse.units().await, [5, 5, 0, 0]);
    }
}

#[tokio::test]
async fn hundreds_that_run_out_at_once_are_all_swept() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 250)]).await;
    for order in 0..230 {
        warehouse.handle(&warehouse.reserve(&order.to_string(), &[("mug-1", 1)])).await;
    }
    warehouse.clock.advance(TimeDelta::hours(1));
    assert_eq!(warehouse.sweep().await, 230);
    assert_eq!(warehouse.units().await, [250, 250, 0, 0]);
}

/// As many as a sweep takes at once.
#[tokio::test]
async fn promises_that_cannot_be_taken_back_hold_up_no_other() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 300)]).await;
    warehouse.stock("bowl-1", &[("north", 5)]).await;
    for order in 0..120 {
        warehouse.handle(&warehouse.reserve(&format!("poison{order}"), &[("mug-1", 1)])).await;
    }
    warehouse.clock.advance(TimeDelta::seconds(1));
    warehouse.handle(&warehouse.reserve("sound", &[("bowl-1", 2)])).await;
    let lost = "UPDATE reservation_line SET variant_id = 'var_gone' WHERE order_id LIKE '%poison%'";
    tamper(&warehouse, lost).await;
    warehouse.clock.advance(TimeDelta::hours(1));
    assert_eq!(warehouse.sweep().await, 1, "the one that is due last");
    assert_eq!(warehouse.sweep().await, 0, "the others are set aside");
    tamper(&warehouse, &lost.replace("var_gone", "var_mug-1")).await;
    assert_eq!(warehouse.sweep().await, 0);
    warehouse.clock.advance(TimeDelta::minutes(1));
    assert_eq!(warehouse.sweep().await, 120, "and taken up again");
    assert_eq!(warehouse.units().await, [305, 305, 0, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_replicas_that_sweep_at_the_same_time_take_each_promise_back_once() {
    let warehouse = Warehouse::empty().await;
    warehouse.stock("mug-1", &[("north", 250)]).await;
    for order in 0..250 {
        warehouse.handle(&warehouse.reserve(&order.to_string(), &[("mug-1", 1)])).await;
    }
    warehouse.clock.advance(TimeDelta::hours(1));
    let sweeps: Vec<_> = (0..3)
        .map(|_| {
            let store = warehouse.store.clone();
            tokio::spawn(async move { store.release_expired().await })
        })
        .collect();
    let mut released = 0;
    for sweep in sweeps {
        released += sweep.await.expect("it lives").expect("it swept");
    }
    assert_eq!((released, warehouse.units().await), (250, [250, 250, 0, 0]));
}
