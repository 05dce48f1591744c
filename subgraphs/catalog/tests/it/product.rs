use insta::assert_json_snapshot;

use crate::shop::{Shop, lamp, rug};

const PRODUCT_PAGE: &str = r#"
    query ProductPage($slug: String!) {
      product(slug: $slug) {
        id slug title brand description html: description(format: HTML) releasedAt
        attributes { name value kind number boolean }
        media(first: 5) { url alt }
        priceRange { min { minor currency decimal } max { decimal } }
        options { name values }
        category { name ancestors { name } }
        variants(first: 1) {
          nodes {
            id sku gtin title weightGrams options { name value }
            price { current { decimal } compareAt { decimal } taxIncluded }
            product { id }
          }
          pageInfo { hasNextPage }
        }
        large: variant(options: [{name: "Size", value: "L"}]) { id price { compareAt { decimal } } weightGrams gtin }
        none: variant(options: [{name: "Size", value: "XL"}]) { id }
        first: variant { id }
      }
    }"#;

#[tokio::test]
async fn a_product_page_is_one_query() {
    let shop = Shop::with_shelves().await;
    shop.stock(&[rug()]).await;
    let request = async_graphql::Request::new(PRODUCT_PAGE)
        .variables(async_graphql::Variables::from_json(serde_json::json!({"slug": "woven-rug"})));
    assert_json_snapshot!(shop.ask(request).await, @r#"
    {
      "data": {
        "product": {
          "attributes": [
            {
              "boolean": null,
              "kind": "TEXT",
              "name": "Material",
              "number": null,
              "value": "Wool"
            },
            {
              "boolean": null,
              "kind": "NUMBER",
              "name": "Pile height",
              "number": 12.5,
              "value": "12.5"
            },
            {
              "boolean": false,
              "kind": "BOOLEAN",
              "name": "Washable",
              "number": null,
              "value": "No"
            }
          ],
          "brand": "Weft",
          "category": {
            "ancestors": [
              {
                "name": "Home"
              }
            ],
            "name": "Rugs"
          },
          "description": "Wool & cotton.\nHand-woven.",
          "first": {
            "id": "var_rug-s"
          },
          "html": "<p>Wool &amp; cotton.<br>Hand-woven.</p>",
          "id": "prod_rug",
          "large": {
            "gtin": null,
            "id": "var_rug-l",
            "price": {
              "compareAt": null
            },
            "weightGrams": null
          },
          "media": [
            {
              "alt": "A rug on a floor",
              "url": "https://pictures.example/rug.jpg"
            },
            {
              "alt": null,
              "url": "https://pictures.example/rug-back.jpg"
            }
          ],
          "none": null,
          "options": [
            {
              "name": "Size",
              "values": [
                "S",
                "L"
              ]
            }
          ],
          "priceRange": {
            "max": {
              "decimal": "99.00"
            },
            "min": {
              "currency": "USD",
              "decimal": "49.95",
              "minor": "4995"
            }
          },
          "releasedAt": "2021-03-04",
          "slug": "woven-rug",
          "title": "Woven rug",
          "variants": {
            "nodes": [
              {
                "gtin": "4006381333931",
                "id": "var_rug-s",
                "options": [
                  {
                    "name": "Size",
                    "value": "S"
                  }
                ],
                "price": {
                  "compareAt": {
                    "decimal": "59.95"
                  },
                  "current": {
                    "decimal": "49.95"
                  },
                  "taxIncluded": true
                },
                "product": {
                  "id": "prod_rug"
                },
                "sku": "RUG-S",
                "title": "Woven rug, S",
                "weightGrams": 1200
              }
            ],
            "pageInfo": {
              "hasNextPage": true
            }
          }
        }
      }
    }
    "#);
}

#[tokio::test]
async fn what_the_shop_does_not_have_is_null() {
    let shop = Shop::with_shelves().await;
    let answer = shop
        .ask(
            r#"{
                unknown: product(id: "prod_nothing") { id }
                anotherKind: product(id: "var_rug-s") { id }
                noId: product(id: "';--") { id }
                slug: product(slug: "nothing") { id }
                category(id: "cat_nothing") { id }
            }"#,
        )
        .await;
    assert_json_snapshot!(answer, @r#"
    {
      "data": {
        "anotherKind": null,
        "category": null,
        "noId": null,
        "slug": null,
        "unknown": null
      }
    }
    "#);
}

#[tokio::test]
async fn a_product_is_asked_for_by_one_name() {
    let shop = Shop::with_shelves().await;
    assert_json_snapshot!(shop.ask(r#"{ product { id } }"#).await, @r#"
    {
      "data": null,
      "errors": [
        {
          "extensions": {
            "code": "BAD_USER_INPUT"
          },
          "locations": [
            {
              "column": 3,
              "line": 1
            }
          ],
          "message": "Give either `id` or `slug`.",
          "path": [
            "product"
          ]
        }
      ]
    }
    "#);
    let both = shop.ask(r#"{ product(id: "prod_rug", slug: "woven-rug") { id } }"#).await;
    assert_eq!(both["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}

#[tokio::test]
async fn variants_are_paged_in_order() {
    let shop = Shop::with_shelves().await;
    shop.stock(&[rug()]).await;
    let first =
        shop.ask(r#"{ product(id: "prod_rug") { variants(first: 1) { nodes { id } pageInfo { endCursor } } } }"#).await;
    let variants = &first["data"]["product"]["variants"];
    assert_eq!(variants["nodes"][0]["id"], "var_rug-s");
    let cursor = variants["pageInfo"]["endCursor"].as_str().expect("a cursor");
    let next = shop
        .ask(format!(
            r#"{{ product(id: "prod_rug") {{ variants(first: 1, after: "{cursor}") {{
                nodes {{ id }} pageInfo {{ hasNextPage hasPreviousPage }} }} }} }}"#
        ))
        .await;
    assert_json_snapshot!(next["data"]["product"]["variants"], @r#"
    {
      "nodes": [
        {
          "id": "var_rug-l"
        }
      ],
      "pageInfo": {
        "hasNextPage": false,
        "hasPreviousPage": true
      }
    }
    "#);
}

#[tokio::test]
async fn a_product_without_a_brand_or_a_description_says_so() {
    let shop = Shop::with_shelves().await;
    let mut plain = lamp("plain", "home-lamps", 100);
    plain["brand"] = "".into();
    plain["description"] = "".into();
    shop.stock(&[plain]).await;
    let answer = shop
        .ask(
            r#"{ product(id: "prod_plain") {
            brand description html: description(format: HTML) media { url } attributes { name } options { name }
            releasedAt } }"#,
        )
        .await;
    assert_json_snapshot!(answer["data"]["product"], @r#"
    {
      "attributes": [],
      "brand": null,
      "description": "",
      "html": "",
      "media": [],
      "options": [],
      "releasedAt": null
    }
    "#);
}

#[tokio::test]
async fn bad_page_sizes_are_refused_with_a_code() {
    let shop = Shop::with_shelves().await;
    shop.stock(&[rug()]).await;
    for field in ["media(first: 0) { url }", "media(first: 101) { url }", "variants(first: -1) { nodes { id } }"] {
        let answer = shop.ask(format!(r#"{{ product(id: "prod_rug") {{ {field} }} }}"#)).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{field}: {answer}");
    }
}
