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
    for happened in [dropped, duplicated, reordered, late, crashes, overtaken, completed, refunded] {
        assert!(happened > 100, "{figures:?}");
    }
    assert_eq!(figures.confirmed + figures.cancelled - figures.refunded, figures.sagas);
}

#[test]
fn a_simulated_order_is_the_same_story_each_time() {
    for seed in 0..100 {
        assert_eq!(run(seed), run(seed));
    }
}
