//! What a page costs its database does not grow with what is on it.

use crate::shop::{Shop, ada, product};

async fn count(shop: &Shop, query: &str) -> u64 {
    let before = shop.db.statements();
    let answer = shop.ask(&ada(), query).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    shop.db.statements() - before
}

#[tokio::test]
async fn twenty_orders_cost_as_many_statements_as_one() {
    let shop = Shop::open().await;
    for _ in 0..20 {
        shop.confirmed_order_of(&ada()).await;
    }
    let page = |first: usize| {
        format!(
            "{{ orders(first: {first}) {{ nodes {{ number lines {{ title }} events(first: 5) {{ nodes {{ kind }} }} }} }} }}"
        )
    };
    assert_eq!((count(&shop, &page(1)).await, count(&shop, &page(20)).await), (3, 3));
}

#[tokio::test]
async fn pages_of_orders_follow_each_other_newest_first() {
    let shop = Shop::open().await;
    let mut placed = vec![];
    for _ in 0..5 {
        placed.push(shop.confirmed_order_of(&ada()).await);
    }
    placed.reverse();
    let mut seen = vec![];
    let mut after = "null".to_owned();
    loop {
        let query =
            format!("{{ orders(first: 2, after: {after}) {{ nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }} }}");
        let page = shop.ask_bare(&ada(), &query).await["data"]["orders"].clone();
        for node in page["nodes"].as_array().expect("nodes") {
            seen.push(node["id"].as_str().expect("an id").to_owned());
        }
        if page["pageInfo"]["hasNextPage"] != true {
            break;
        }
        after = page["pageInfo"]["endCursor"].to_string();
    }
    assert_eq!(seen, placed);
}

#[tokio::test]
async fn a_cart_of_twenty_lines_costs_as_many_statements_as_one_of_one() {
    let shop = Shop::open().await;
    let products: Vec<_> = (0..20).map(|index| product(&format!("p{index}"), 100)).collect();
    shop.offer(1, &products).await;
    let keys: Vec<String> = (0..20).map(|index| format!("p{index}")).collect();
    let lines: Vec<(&str, i32)> = keys.iter().map(|key| (key.as_str(), 1)).collect();
    let mut counts = vec![];
    for lines in [&lines[..1], &lines[..]] {
        let cart = shop.cart_with(&ada(), lines).await;
        let query = format!(
            "{{ cart(id: \"{cart}\") {{ lines {{ title variant {{ id }} }} cost {{ total {{ decimal }} }} issues {{ code }}
                deliveryOptions(country: \"US\") {{ method }} delivery {{ option {{ name }} }} }} }}"
        );
        counts.push(count(&shop, &query).await);
        let chosen = format!(
            "mutation {{ cartDeliverySelect(input: {{cartId: \"{cart}\", country: \"US\", method: \"standard\"}})
                {{ userErrors {{ code }} }} }}"
        );
        count(&shop, &chosen).await;
        counts.push(count(&shop, &query).await);
        counts.push(count(&shop, &query.replacen(&format!("cart(id: \"{cart}\")"), "currentCart", 1)).await);
    }
    assert_eq!(counts, [4; 6], "with a chosen delivery or without, by its id or as the viewer's current one");
}

#[tokio::test]
async fn twenty_entities_cost_as_many_statements_as_one() {
    let shop = Shop::open().await;
    let mut orders = vec![];
    for _ in 0..20 {
        orders.push(shop.confirmed_order_of(&ada()).await);
    }
    let query = |ids: &[String]| {
        let representations: Vec<String> =
            ids.iter().map(|id| format!("{{__typename: \"Order\", id: \"{id}\"}}")).collect();
        format!("{{ _entities(representations: [{}]) {{ ... on Order {{ number }} }} }}", representations.join(", "))
    };
    assert_eq!((count(&shop, &query(&orders[..1])).await, count(&shop, &query(&orders)).await), (2, 2));
}
