use serde_json::{Value, json};

use crate::shop::Shop;

const FACETS: &str = "query ($query: String! = \"\", $filters: [FilterToken!]! = []) {
    search(query: $query, filters: $filters) {
        hits { product { id } }
        facets { key values { label count selected token } }
        totalCount { value }
    }
}";

/// What a facet offers, one line a value.
fn shown(answer: &Value, key: &str) -> Vec<String> {
    let line = |value: &Value| {
        let mark = if value["selected"] == true { "*" } else { "" };
        format!("{mark}{} {}", value["label"].as_str().expect("a label"), value["count"])
    };
    values(answer, key).iter().map(line).collect()
}

fn values(answer: &Value, key: &str) -> Vec<Value> {
    let facets = answer["data"]["search"]["facets"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let facet = facets.iter().find(|facet| facet["key"] == key).expect("the facet");
    facet["values"].as_array().expect("values").clone()
}

fn token(answer: &Value, key: &str, label: &str) -> Value {
    let value = values(answer, key).into_iter().find(|value| value["label"] == label);
    value.unwrap_or_else(|| panic!("{label} in {answer}"))["token"].clone()
}

fn total(answer: &Value) -> &Value {
    &answer["data"]["search"]["totalCount"]["value"]
}

#[tokio::test]
async fn facets_count_all_matches() {
    let shop = Shop::open().await;
    let answer = shop.ask(FACETS, json!({})).await;
    assert_eq!(shown(&answer, "brand"), ["HP 3", "Logitech 2", "Lenovo 1", "Plantronics 1", "Sony 1", "Targus 1"]);
    assert_eq!(shown(&answer, "category"), ["Accessories 5", "Computers 3", "Audio 2"]);
    assert_eq!(
        shown(&answer, "price"),
        [
            "Under 25 USD 4",
            "25 – 50 USD 1",
            "100 – 200 USD 1",
            "200 – 500 USD 1",
            "500 – 1000 USD 2",
            "1000 – 2000 USD 1"
        ]
    );
}

#[tokio::test]
async fn a_selection_narrows_the_others_and_not_its_own_facet() {
    let shop = Shop::open().await;
    let all = shop.ask(FACETS, json!({})).await;
    let hp = token(&all, "brand", "HP");
    let answer = shop.ask(FACETS, json!({"filters": [hp]})).await;
    assert_eq!(total(&answer), 3);
    assert_eq!(shown(&answer, "brand"), ["*HP 3", "Logitech 2", "Lenovo 1", "Plantronics 1", "Sony 1", "Targus 1"]);
    assert_eq!(shown(&answer, "category"), ["Computers 2", "Accessories 1"]);
    assert_eq!(shown(&answer, "price"), ["Under 25 USD 1", "500 – 1000 USD 1", "1000 – 2000 USD 1"]);
}

#[tokio::test]
async fn values_of_one_facet_widen_and_facets_narrow() {
    let shop = Shop::open().await;
    let all = shop.ask(FACETS, json!({})).await;
    let (hp, logitech) = (token(&all, "brand", "HP"), token(&all, "brand", "Logitech"));
    let cheap = token(&all, "price", "Under 25 USD");
    let answer = shop.ask(FACETS, json!({"filters": [hp, logitech]})).await;
    assert_eq!(total(&answer), 5);
    let answer = shop.ask(FACETS, json!({"filters": [hp, logitech, cheap]})).await;
    assert_eq!(total(&answer), 2);
    assert_eq!(shown(&answer, "brand"), ["*HP 1", "*Logitech 1", "Targus 1"]);
    assert_eq!(shown(&answer, "price")[..2], ["*Under 25 USD 2", "25 – 50 USD 1"]);
}

#[tokio::test]
async fn categories_are_walked_down_the_tree() {
    let shop = Shop::open().await;
    let all = shop.ask(FACETS, json!({})).await;
    let computers = token(&all, "category", "Computers");
    let below = shop.ask(FACETS, json!({"filters": [computers]})).await;
    assert_eq!(shown(&below, "category"), ["*Computers 3", "Notebooks 2", "Desktops 1"]);
    assert_eq!(total(&below), 3);
    let notebooks = token(&below, "category", "Notebooks");
    let leaf = shop.ask(FACETS, json!({"filters": [computers, notebooks]})).await;
    assert_eq!(shown(&leaf, "category"), ["*Computers 3", "*Notebooks 2", "Desktops 1"]);
    assert_eq!(total(&leaf), 2);
}

#[tokio::test]
async fn a_selected_value_is_shown_even_when_nothing_has_it() {
    let shop = Shop::open().await;
    let all = shop.ask(FACETS, json!({})).await;
    let filters =
        [token(&all, "brand", "Sony"), token(&all, "category", "Computers"), token(&all, "price", "Under 25 USD")];
    let answer = shop.ask(FACETS, json!({"query": "mouse", "filters": filters})).await;
    assert_eq!(total(&answer), 0);
    assert_eq!(shown(&answer, "brand"), ["*Sony 0"]);
    assert_eq!(shown(&answer, "category"), ["*Computers 0"]);
    assert_eq!(shown(&answer, "price"), ["*Under 25 USD 0"]);
}

#[tokio::test]
async fn twenty_brands_are_shown_and_a_selected_one_always() {
    let shop = Shop::empty().await;
    let thing = |at: usize| {
        crate::shop::product(&format!("t{at}"), "Thing", &format!("Brand {at:02}"), &["Things"], 100, "2020-01-01")
    };
    shop.tell(&(0..25).map(thing).collect::<Vec<_>>()).await;
    let answer = shop.ask(FACETS, json!({})).await;
    assert_eq!(values(&answer, "brand").len(), 20);
    // Brand 24 is not among the twenty, so its token comes from a search for it.
    let found = shop.ask(FACETS, json!({"query": "24"})).await;
    let last = token(&found, "brand", "Brand 24");
    let answer = shop.ask(FACETS, json!({"filters": [last]})).await;
    assert_eq!(values(&answer, "brand").len(), 21);
    assert_eq!(total(&answer), 1);
}

#[tokio::test]
async fn a_tree_that_no_product_is_in_any_more_is_not_shown() {
    let shop = Shop::empty().await;
    let thing = |id: &str, path: &[&str], version: u64| {
        let mut thing = crate::shop::product(id, "Thing", "Things", path, 100, "2020-01-01");
        thing["version"] = version.into();
        thing
    };
    shop.tell(&[thing("a", &["Old", "Lamps"], 1), thing("b", &["Old", "Rugs"], 1)]).await;
    shop.tell(&[thing("a", &["New", "Lamps"], 2), thing("b", &["New"], 2)]).await;
    let all = shop.ask(FACETS, json!({})).await;
    assert_eq!(shown(&all, "category"), ["New 2"]);
    let new = token(&all, "category", "New");
    let below = shop.ask(FACETS, json!({"filters": [new]})).await;
    assert_eq!(shown(&below, "category"), ["*New 2", "Lamps 1"]);
}

#[tokio::test]
async fn a_forged_token_is_refused() {
    let shop = Shop::open().await;
    for token in ["", "HP", "e30", "eyJ2IjoxfQ"] {
        let answer = shop.ask(FACETS, json!({"filters": [token]})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
    }
    let answer = shop.ask(FACETS, json!({"filters": ["HP"]})).await;
    insta::assert_json_snapshot!(answer, @r#"
    {
      "data": null,
      "errors": [
        {
          "extensions": {
            "code": "BAD_USER_INPUT"
          },
          "locations": [
            {
              "column": 5,
              "line": 2
            }
          ],
          "message": "`HP` is no filter token of this search: pass a `token` that a facet value gave.",
          "path": [
            "search"
          ]
        }
      ]
    }
    "#);
}
