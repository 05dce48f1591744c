use super::*;

#[test]
fn no_order_simulated_in_any_weather_breaks_a_rule() {
    let mut figures = Figures::default();
    for seed in 0..20_000 {
        match run(seed) {
            Ok(one) => figures.add(&one),
            Err(violation) => panic!("{violation}"),
        }
    }
    // What did not happen was not tried.
    let Figures { dropped, duplicated, reordered, late, crashes, overtaken, completed, refunded, .. } = figures;
    let Figures { arrived_and_refunded, recalled, returned, .. } = figures;
    for happened in [dropped, duplicated, reordered, late, crashes, overtaken, completed, refunded] {
        assert!(happened > 100, "{figures:?}");
    }
    for seldom in [arrived_and_refunded, recalled, returned] {
        assert!(seldom > 20, "{figures:?}");
    }
    assert_eq!(figures.confirmed + figures.cancelled - figures.refunded, figures.sagas);
}

#[test]
fn a_simulated_order_is_the_same_story_each_time() {
    for seed in 0..100 {
        assert_eq!(run(seed), run(seed));
    }
}

type Break = fn(&mut world::World);

/// A judge who never finds anybody guilty proves nothing: each of these worlds is broken in one place.
#[test]
fn a_world_that_is_broken_is_found_out() {
    let broken: [(&str, Break); 5] = [
        ("payments that trust in keys for ever", |world| world.payments.looks_up = false),
        ("shipping that trusts in keys for ever", |world| world.shipping.looks_up = false),
        ("shipping that does not say what comes back", |world| world.shipping.conceals = true),
        ("a row without a fence", |world| world.orders.unfenced = true),
        ("a unit that vanishes", |world| world.inventory.free -= 1),
    ];
    for (what, break_it) in broken {
        let found = (0..5_000).any(|seed| {
            let mut world = world::World::new(seed);
            break_it(&mut world);
            world.run().and_then(|()| world.judge()).is_err()
        });
        assert!(found, "{what}");
    }
}
