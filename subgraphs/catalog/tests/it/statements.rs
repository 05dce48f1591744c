use serde_json::{Value, json};

use crate::shop::{Shop, lamp};

fn listing(first: usize) -> String {
    format!(
        r#"{{ category(id: "cat_home") {{ products(first: {first}) {{
            nodes {{
                id title brand description media {{ url }} priceRange {{ min {{ decimal }} }}
                attributes {{ name }} category {{ name ancestors {{ name }} }}
                variant {{ id }} variants(first: 3) {{ nodes {{ sku price {{ current {{ decimal }} }} product {{ id }} }} }}
            }}
            totalCount {{ value }} }} }} }}"#
    )
}

async fn full_shelf() -> Shop {
    let shop = Shop::with_shelves().await;
    let lines: Vec<Value> = (0..30).map(|number| lamp(&format!("l{number}"), "home-lamps-desk", 100)).collect();
    shop.stock(&lines).await;
    shop
}

#[tokio::test]
async fn a_category_page_of_24_costs_the_statements_of_one() {
    let shop = full_shelf().await;
    let (one, statements_of_one) = shop.ask_counted(&listing(1)).await;
    let (many, statements_of_many) = shop.ask_counted(&listing(24)).await;
    assert_eq!(one["data"]["category"]["products"]["nodes"].as_array().map(Vec::len), Some(1));
    assert_eq!(many["data"]["category"]["products"]["nodes"].as_array().map(Vec::len), Some(24));
    assert_eq!(statements_of_one, statements_of_many);
    assert!(statements_of_many <= 10, "{statements_of_many}");
}

#[tokio::test]
async fn a_category_page_as_a_list_shows_it_costs_three_statements() {
    let shop = full_shelf().await;
    let query = r#"{ category(id: "cat_home") { products { nodes {
        id slug title media { url alt } priceRange { min { decimal } max { decimal } } } } } }"#;
    let (_, statements) = shop.ask_counted(query).await;
    assert_eq!(statements, 3);
}

#[tokio::test]
async fn the_shelves_of_many_categories_cost_the_statements_of_one() {
    let shop = full_shelf().await;
    let query = r#"{ categories { children { products(first: 4) { nodes { id } totalCount { value } } } } }"#;
    let (answer, statements) = shop.ask_counted(query).await;
    assert_eq!(answer["data"]["categories"][0]["children"].as_array().map(Vec::len), Some(2));
    assert_eq!(statements, 5);
}

#[tokio::test]
async fn many_references_cost_the_statements_of_one() {
    let shop = full_shelf().await;
    let query = |ids: std::ops::Range<usize>| {
        let representations: Vec<Value> =
            ids.map(|number| json!({"__typename": "ProductVariant", "id": format!("var_l{number}")})).collect();
        async_graphql::Request::new(
            "query ($of: [_Any!]!) { _entities(representations: $of) { ... on ProductVariant { sku product { title } } } }",
        )
        .variables(async_graphql::Variables::from_json(json!({ "of": representations })))
    };
    let mut costs = Vec::new();
    for request in [query(0..1), query(0..20)] {
        let before = shop.db.statements();
        let answer = shop.ask(request).await;
        assert_eq!(answer.get("errors"), None);
        costs.push(shop.db.statements() - before);
    }
    assert_eq!(costs, [2, 2]);
}
