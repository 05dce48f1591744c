use async_graphql::{Request, Variables};
use kit::Viewer;
use kit::testing::doors::{doors, nothing_hostile_is_kept, walk};
use kit::testing::execute;

use crate::depot::Depot;

#[tokio::test]
async fn no_hostile_text_breaks_anything() {
    let depot = Depot::open().await;
    let schema = shipping::schema();
    let doors = doors(&schema, &|_| None, &[]).await;
    assert_eq!(doors.len(), 1, "{doors:?}");
    let tried = walk(&doors, async |document, variables| {
        let request = Request::new(document).variables(Variables::from_json(variables));
        execute(&schema, shipping::attach_loaders(&depot.store, request, &Viewer::anonymous())).await
    });
    assert!(tried.await >= 72);
    nothing_hostile_is_kept(&depot.db).await;
}

#[tokio::test]
async fn a_country_is_known_in_small_letters_and_one_that_does_not_exist_is_an_error() {
    let depot = Depot::open().await;
    let rates = async |country: &str| {
        let document = format!("{{ shippingRates(country: \"{country}\") {{ method price {{ minor }} }} }}");
        depot.ask(&Viewer::anonymous(), &document).await
    };
    let large = rates("US").await;
    assert!(large["data"]["shippingRates"].as_array().is_some_and(|rates| !rates.is_empty()), "{large}");
    assert_eq!(rates("us").await, large);
    assert_eq!(rates(" Us ").await, large);
    for nowhere in ["xx", "USA", "", "U\\u0000"] {
        assert_eq!(rates(nowhere).await["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{nowhere}");
    }
}
