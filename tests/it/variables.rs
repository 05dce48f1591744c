//! Variables and answers to the letter of the specification, through the edge, the router and the subgraphs.

use serde_json::{Value, json};
use system_tests::shopper::{a_key, a_new_user};
use system_tests::{MUG, Shop};

fn code(answer: &Value) -> &Value {
    &answer["errors"][0]["extensions"]["code"]
}

async fn ask(document: &str, variables: Value) -> Value {
    Shop::shared().await.visitor().ask(document, variables).await
}

#[tokio::test]
async fn a_variable_that_is_not_sent_leaves_the_schemas_default() {
    let search = "query($n: Int, $s: SearchSort) { search(query: \"\", first: $n, sort: $s) { hits { cursor } } }";
    let whole = ask("{ search(query: \"\") { hits { cursor } } }", json!({})).await;
    assert_eq!(whole["search"]["hits"].as_array().map(Vec::len), Some(24));
    assert_eq!(ask(search, json!({})).await, whole);
    let page = ask(search, json!({ "n": 2.0 })).await;
    assert_eq!(
        page["search"]["hits"].as_array().map(Vec::len),
        Some(2),
        "a whole number is one, however it is written"
    );
    let nested = "query($n: Int) { categories { products(first: $n) { nodes { id } } } }";
    assert_eq!(ask(nested, json!({})).await, ask("{ categories { products { nodes { id } } } }", json!({})).await);
    let added = "mutation($i: ID!, $q: Int, $k: String!) {
        cartLinesAdd(input: { lines: { variantId: $i, quantity: $q }, idempotencyKey: $k }) { cart { lines { quantity } } } }";
    let added = ask(added, json!({ "i": MUG.variant(), "k": a_key() })).await;
    assert_eq!(added["cartLinesAdd"]["cart"]["lines"], json!([{ "quantity": 1 }]));
}

#[tokio::test]
async fn a_variables_own_default_counts_everywhere() {
    let document = "query($n: Int = 3, $x: Boolean = true) {
        search(query: \"\", first: $n) { hits { cursor @include(if: $x) product { id @skip(if: $x) __typename } } } }";
    let data = ask(document, json!({})).await;
    let hits = data["search"]["hits"].as_array().expect("hits");
    assert_eq!(hits.len(), 3);
    assert!(hits.iter().all(|hit| hit["cursor"].is_string() && hit["product"].get("id").is_none()), "{data}");
}

#[tokio::test]
async fn what_is_left_out_stays_and_what_is_null_goes() {
    let user = a_new_user(Shop::shared().await).await;
    let update = "mutation($l: String, $c: CurrencyCode) {
        userPreferencesUpdate(input: { language: $l, currency: $c }) { preferences { language currency } } }";
    let preferences =
        async |variables: Value| user.ask(update, variables).await["userPreferencesUpdate"]["preferences"].take();
    let set = preferences(json!({ "l": "de-AT", "c": "EUR" })).await;
    assert_eq!(set, json!({ "language": "de-AT", "currency": "EUR" }));
    let changed = preferences(json!({ "c": "USD" })).await;
    assert_eq!(changed, json!({ "language": "de-AT", "currency": "USD" }));
    assert_eq!(preferences(json!({ "l": null })).await, json!({ "language": null, "currency": "USD" }));
    let input =
        "mutation($i: UserPreferencesUpdateInput!) { userPreferencesUpdate(input: $i) { preferences { currency } } }";
    let data = user.ask(input, json!({ "i": { "language": "en" } })).await;
    assert_eq!(data["userPreferencesUpdate"]["preferences"]["currency"], "USD");
}

#[tokio::test]
async fn what_does_not_fit_is_the_clients_fault_and_told_once() {
    let client = Shop::shared().await.visitor();
    let add = "mutation($i: CartLinesAddInput!) { cartLinesAdd(input: $i) { userErrors { code } } }";
    let line = |quantity: Value| json!({ "i": { "lines": [{ "variantId": "v", "quantity": quantity }], "idempotencyKey": "k" } });
    let first = "query($n: Int = 3) { search(query: \"\", first: $n) { hits { cursor } } }";
    let filters = "query($f: [FilterToken!]!) { search(query: \"\", filters: $f) { hits { cursor } } }";
    let mut asked = 0;
    for (document, variables, named) in [
        (first, json!({ "n": null }), "`first` of `search`"),
        (first, json!({ "n": "x" }), "`$n`"),
        (first, json!({ "n": 1.5 }), "`$n`"),
        (first, json!({ "n": 3_000_000_000_i64 }), "`$n`"),
        (add, line(json!(null)), "`$i.lines[0].quantity`"),
        (add, line(json!("1")), "`$i.lines[0].quantity`"),
        (add, json!({ "i": { "lines": [], "idempotencyKey": "k", "more": 1 } }), "`more`"),
        (add, json!({}), "`$i`"),
        ("{ search(query: \"\", first: null) { hits { cursor } } }", json!({}), "`first` of `search`"),
        (
            "query($s: SearchSort!) { search(query: \"\", sort: $s) { hits { cursor } } }",
            json!({ "s": "UPWARD" }),
            "`RELEVANCE`",
        ),
        ("query($x: Boolean = true) { categories { id @skip(if: $x) } }", json!({ "x": null }), "`if` of `@skip`"),
        ("query($t: String!) { product(slug: $t) { id } }", json!({ "t": "a\0b" }), "NUL"),
        ("{ product(slug: \"a\\u0000b\") { id } }", json!({}), "NUL"),
        // Only the subgraph knows what these are made of.
        (filters, json!({ "f": [3] }), ""),
    ] {
        let answer = client.send(document, variables).await;
        let errors = answer.body["errors"].as_array().map(Vec::len);
        assert_eq!(
            (answer.status, code(&answer.body), errors),
            (200, &json!("BAD_USER_INPUT"), Some(1)),
            "{}",
            answer.body
        );
        let said = answer.body["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(said.contains(named), "{named}: {said}");
        asked += 1;
    }
    assert!(asked > 10);
    for invalid in
        ["query($n: String) { search(first: $n) { hits { cursor } } }", "query($n: Int) { categories { id } }"]
    {
        let answer = client.send(invalid, json!({})).await;
        assert_eq!(code(&answer.body), "GRAPHQL_VALIDATION_FAILED", "{}", answer.body);
    }
}

#[tokio::test]
async fn an_object_of_which_nothing_is_asked_is_an_object() {
    for (document, data) in [
        ("{ __typename @skip(if: true) }", json!({})),
        ("{ categories @skip(if: true) { id } }", json!({})),
        ("query($x: Boolean = false) { categories @include(if: $x) { id } }", json!({})),
        ("mutation { __typename }", json!({ "__typename": "Mutation" })),
        (
            "{ search(query: \"\", first: 1) { hits { cursor @skip(if: true) } } }",
            json!({ "search": { "hits": [{}] } }),
        ),
        ("{ product(id: \"prod_mug\") { ... on Product @skip(if: true) { id } } }", json!({ "product": {} })),
    ] {
        assert_eq!(ask(document, json!({})).await, data, "{document}");
    }
}

#[tokio::test]
async fn introspection_stands_beside_data() {
    let document = "query Both($t: String!, $i: ID!, $x: Boolean!) {
        mug: product(id: $i) { ...P } sort: __type(name: $t) { ...T } ...R @skip(if: $x) kind: __typename }
        fragment R on Query { __schema { queryType { ...T } } categories { name } }
        fragment T on __Type { name } fragment P on Product { title }";
    let variables = |skip: bool| json!({ "t": "SearchSort", "i": MUG.product(), "x": skip });
    let (mug, sort) = (json!({ "title": MUG.title }), json!({ "name": "SearchSort" }));
    assert_eq!(ask(document, variables(true)).await, json!({ "mug": mug, "sort": sort, "kind": "Query" }));
    let whole = ask(document, variables(false)).await;
    assert_eq!((&whole["__schema"]["queryType"]["name"], &whole["mug"]), (&json!("Query"), &mug));
    assert!(whole["categories"].as_array().is_some_and(|categories| !categories.is_empty()), "{whole}");
    let answer = Shop::shared()
        .await
        .visitor()
        .send("{ __type(name: \"Query\") { nothing } categories { id } }", json!({}))
        .await;
    assert_eq!(code(&answer.body), "GRAPHQL_VALIDATION_FAILED", "{}", answer.body);
}

#[tokio::test]
async fn every_escape_of_a_character_is_read() {
    let found = ask("{ search(query: \"mug\") { hits { cursor } } }", json!({})).await;
    for escaped in ["m\\u0075g", "m\\u{75}g", "mug \\uD83D\\uDE00", "mug \\u{1F600}"] {
        let document = format!("{{ search(query: \"{escaped}\") {{ hits {{ cursor }} }} }}");
        let data = ask(&document, json!({})).await;
        assert_eq!(data["search"]["hits"].is_array(), found["search"]["hits"].is_array(), "{escaped}");
    }
    let answer =
        Shop::shared().await.visitor().send("{ search(query: \"\\uD83D\") { hits { cursor } } }", json!({})).await;
    assert_eq!(code(&answer.body), "GRAPHQL_PARSE_FAILED");
    assert!(
        answer.body["errors"][0]["message"].as_str().is_some_and(|said| said.contains("surrogate")),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn an_accept_header_without_a_word_is_none() {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let asked = client.post(format!("{}/graphql", Shop::shared().await.url())).header("accept", "");
    let answer = asked.json(&json!({ "query": "{ __typename }" })).send().await.unwrap();
    assert_eq!(
        (answer.status(), answer.headers()["content-type"].as_bytes()),
        (reqwest::StatusCode::OK, &b"application/json; charset=utf-8"[..])
    );
}
