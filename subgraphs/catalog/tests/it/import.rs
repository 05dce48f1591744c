use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::shop::{Shop, lamp, rug};

fn changed(line: Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut line = line;
    change(&mut line);
    line
}

#[tokio::test]
async fn what_does_not_hold_is_refused_and_the_rest_lands() {
    let shop = Shop::with_shelves().await;
    shop.stock(&[rug()]).await;
    let lines = [
        lamp("good", "home-lamps", 100),
        lamp("astray", "garden", 100),
        lamp("Bad_Id", "home-lamps", 100),
        lamp("debt", "home-lamps", -1),
        lamp("good", "home-lamps", 100),
        changed(lamp("copycat", "home-lamps", 1), |line| line["slug"] = json!("woven-rug")),
        changed(lamp("twin", "home-lamps", 1), |line| line["slug"] = json!("good-slug")),
        changed(lamp("thief", "home-lamps", 1), |line| line["variants"][0]["id"] = json!("rug-s")),
        changed(lamp("euro", "home-lamps", 1), |line| line["variants"][0]["price"]["currency"] = json!("EUR")),
        changed(lamp("mixed", "home-lamps", 9), |line| {
            line["variants"][0]["compareAt"] = json!({"minor": 10, "currency": "EUR"});
        }),
        changed(lamp("empty", "home-lamps", 1), |line| line["variants"] = json!([])),
        changed(lamp("unnamed", "home-lamps", 1), |line| line["title"] = json!(" ")),
        changed(lamp("insecure", "home-lamps", 1), |line| line["media"] = json!([{"url": "javascript:alert(1)"}])),
        changed(lamp("odd", "home-lamps", 1), |line| line["variants"][0]["options"] = json!({"Size": "S"})),
        changed(lamp("cheap", "home-lamps", 9), |line| {
            line["variants"][0]["compareAt"] = json!({"minor": 8, "currency": "USD"});
        }),
        lamp("also-good", "home-lamps", 100),
    ];
    let landed = shop.stock(&lines).await;
    assert_eq!((landed.changed, landed.unchanged), (2, 0));
    assert_json_snapshot!(landed.rejected, @r#"
    [
      [
        1,
        "there is no category `garden`"
      ],
      [
        2,
        "`Bad_Id` is no product id: write 1 to 64 of a-z, 0-9 and -"
      ],
      [
        3,
        "the variant `debt` has a negative price"
      ],
      [
        4,
        "the product `good` is listed twice"
      ],
      [
        5,
        "the slug `woven-rug` belongs to another product"
      ],
      [
        6,
        "the slug `good-slug` belongs to another product"
      ],
      [
        7,
        "the variant `rug-s` belongs to another product"
      ],
      [
        8,
        "prices are in EUR, the catalogue is in USD"
      ],
      [
        9,
        "prices are in USD and in EUR: one product, one currency"
      ],
      [
        10,
        "a product needs at least one variant"
      ],
      [
        11,
        "the title is empty"
      ],
      [
        12,
        "the picture `javascript:alert(1)` is not at an https:// address"
      ],
      [
        13,
        "the variant `odd` is `S` in `Size`, which no option offers"
      ],
      [
        14,
        "the variant `cheap` compares with a price below its own"
      ]
    ]
    "#);
}

#[tokio::test]
async fn a_category_needs_its_parent_and_never_stands_below_itself() {
    let shop = Shop::with_shelves().await;
    let landed = shop
        .shelve(json!([
            {"id": "garden-pots", "name": "Pots", "parent": "garden"},
            {"id": "garden", "name": "Garden"},
            {"id": "astray", "name": "Astray", "parent": "nowhere"},
            {"id": "home", "name": "Home", "parent": "home-lamps-desk"},
            {"id": "home-rugs", "name": "", "parent": "home"},
            {"id": "garden", "name": "Garden again"},
        ]))
        .await;
    assert_eq!((landed.changed, landed.unchanged), (2, 0));
    assert_json_snapshot!(landed.rejected, @r#"
    [
      [
        2,
        "there is no category `nowhere` to stand below"
      ],
      [
        3,
        "the category `home` cannot stand below itself"
      ],
      [
        4,
        "the name is empty"
      ],
      [
        5,
        "the category `garden` is listed twice"
      ]
    ]
    "#);
}

#[tokio::test]
async fn what_is_said_again_changes_what_it_says_and_no_more() {
    let shop = Shop::with_shelves().await;
    shop.stock(&[rug(), lamp("a", "home-lamps", 100)]).await;
    let fewer = changed(rug(), |line| {
        line["title"] = json!("Woven rug, improved");
        line["options"] = json!([{"name": "Size", "values": ["L"]}]);
        line["variants"] = json!([line["variants"][1]]);
        line["category"] = json!("home-lamps");
    });
    let landed = shop.stock(&[fewer, lamp("a", "home-lamps", 100)]).await;
    assert_eq!((landed.changed, landed.unchanged), (1, 1));
    let answer = shop
        .ask(
            r#"{
                product(slug: "woven-rug") { title priceRange { min { decimal } } variants { nodes { id } } }
                rugs: category(id: "cat_home-rugs") { products { nodes { id } } }
                lamps: category(id: "cat_home-lamps") { products(sort: PRICE_ASC) { nodes { id } } }
            }"#,
        )
        .await;
    assert_json_snapshot!(answer["data"], @r#"
    {
      "lamps": {
        "products": {
          "nodes": [
            {
              "id": "prod_a"
            },
            {
              "id": "prod_rug"
            }
          ]
        }
      },
      "product": {
        "priceRange": {
          "min": {
            "decimal": "99.00"
          }
        },
        "title": "Woven rug, improved",
        "variants": {
          "nodes": [
            {
              "id": "var_rug-l"
            }
          ]
        }
      },
      "rugs": {
        "products": {
          "nodes": []
        }
      }
    }
    "#);
}

#[tokio::test]
async fn stock_alone_is_no_change_of_a_product() {
    let shop = Shop::with_shelves().await;
    shop.stock(&[rug()]).await;
    let restocked = changed(rug(), |line| line["variants"][1]["stock"] = json!({"bby-1000": 90}));
    assert_eq!(shop.stock(&[restocked]).await.unchanged, 1);
}

#[tokio::test]
async fn a_field_that_nobody_knows_is_refused() {
    let line = changed(rug(), |line| line["colour"] = json!("red"));
    let refused = serde_json::from_value::<catalog::import::ProductLine>(line).expect_err("colour is no field");
    assert!(refused.to_string().starts_with("unknown field `colour`"), "{refused}");
}
