//! What a stranger may learn of the schema, and where that is decided.

use reqwest::Method;
use serde_json::{Value, json};
use web_bff::{Settings, Switch};

use crate::browser::Answer;
use crate::edge::{Edge, settings};

const INTROSPECTIONS: [&str; 4] = [
    "{ __schema { types { name } } }",
    "{ __type(name: \"Query\") { name } }",
    "{ categories { id } x: __schema { types { name } } }",
    "query A { ...B } query C { __typename } fragment B on Query { ... on Query { __type(name: \"A\") { name } } }",
];

async fn ask(edge: &Edge, document: &str) -> Answer {
    let mut browser = edge.browser();
    let body = json!({ "query": document, "operationName": document.contains("query A").then_some("A") });
    browser.send(browser.request(Method::POST, "/graphql").json(&body)).await
}

#[tokio::test]
async fn in_production_a_stranger_may_not_introspect_and_is_told_so() {
    let edge = Edge::in_production(|_| {}).await;
    for document in INTROSPECTIONS {
        let answer = ask(&edge, document).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "INTROSPECTION_DISABLED"), "{document}");
        assert!(answer.text.contains("edge.introspection"), "{}", answer.text);
    }
    assert!(edge.standin.told(|told| told.routed.is_empty()));
    let elsewhere = ask(&edge, "mutation { __schema { types { name } } }").await;
    assert_eq!((elsewhere.code().as_str(), elsewhere.text.contains("types {")), ("GRAPHQL_VALIDATION_FAILED", false));
    assert!(edge.standin.told(|told| told.routed.is_empty()));
    assert_eq!(ask(&edge, "{ __typename categories { __typename } }").await.status, 200, "that is no introspection");
}

#[tokio::test]
async fn staff_may_introspect_in_production() {
    let edge = Edge::in_production(|_| {}).await;
    let mut browser = edge.browser();
    let token = format!("Bearer {}", edge.standin.token_of_staff());
    let request = browser.request(Method::POST, "/graphql").header("authorization", token);
    assert_eq!(browser.send(request.json(&json!({ "query": INTROSPECTIONS[0] }))).await.status, 200);
}

#[tokio::test]
async fn a_demo_and_a_shop_for_its_own_machine_are_open_unless_told_otherwise() {
    let open: [fn(&mut Settings); 3] = [
        |_| {},
        |settings| {
            settings.public_url = "https://shop.example".to_owned();
            settings.proxies = 1;
            settings.demo = true;
        },
        |settings| {
            settings.public_url = "https://shop.example".to_owned();
            settings.proxies = 1;
            settings.introspection = Switch::Set(true);
            settings.graphiql = Switch::Set(true);
        },
    ];
    for change in open {
        let edge = Edge::set_up(change).await;
        assert_eq!(ask(&edge, INTROSPECTIONS[0]).await.status, 200);
        assert_eq!(edge.browser().visit("/graphiql").await.status, 200);
    }
    let edge = Edge::set_up(|settings| {
        settings.introspection = Switch::Set(false);
        settings.graphiql = Switch::Set(false);
    })
    .await;
    assert_eq!(ask(&edge, INTROSPECTIONS[0]).await.code(), "INTROSPECTION_DISABLED");
    assert_eq!(edge.browser().visit("/graphiql").await.status, 404);
}

#[tokio::test]
async fn where_there_is_no_graphiql_nothing_leads_there() {
    let edge = Edge::in_production(|_| {}).await;
    let mut browser = edge.browser();
    let front = browser.visit("/").await;
    assert!(front.text.contains("/graphql") && !front.text.to_lowercase().contains("graphiql"), "{}", front.text);
    let person = browser.send(browser.accepting("text/html", Method::GET, "/graphql")).await;
    assert_ne!(person.status, 303, "{}", person.text);
    assert!(Edge::start().await.browser().visit("/").await.text.contains("href=\"/graphiql\""));
}

fn mistake(message: &str) -> Value {
    json!({ "errors": [{ "message": message, "extensions": { "code": "GRAPHQL_VALIDATION_FAILED" } }] })
}

async fn message_of(edge: &Edge, said: &str) -> String {
    edge.standin.told(|told| (told.status, told.answer) = (Some(400), Some(mistake(said))));
    first_message(&ask(edge, "{ categories { id } }").await)
}

fn first_message(answer: &Answer) -> String {
    answer.json()["errors"][0]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_misspelt_field_is_the_first_fault_at_its_place_with_what_was_meant_where_that_may_be_told() {
    let (edge, open) = (Edge::in_production(|_| {}).await, Edge::start().await);
    let mut cases = 0;
    for (document, place, kept, guess) in [
        ("{ categoris }", (1, 3), "There is no field `categoris` on the type `Query`.", "`categories`"),
        ("{\n  categories { nme }\n}", (2, 16), "There is no field `nme` on the type `…`.", "`name`"),
        (
            "query($n: Int!) { category(slug: \"a\") { prodcts(first: $n) { nodes { id } } } }",
            (1, 41),
            "There is no field `prodcts` on the type `…`.",
            "`products`",
        ),
        ("{ category(slugg: \"a\") { id } }", (1, 12), "The argument `slugg` of `category` is none that", "`slug`"),
        ("{ categories { ... on Categry { id } } }", (1, 23), "There is no type `Categry` that", "`Category`"),
    ] {
        for (edge, tells) in [(&edge, false), (&open, true)] {
            let answer = ask(edge, document).await;
            let error = &answer.json()["errors"][0];
            let said = first_message(&answer);
            assert_eq!(error["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED", "{document}");
            assert_eq!(error["locations"], json!([{ "line": place.0, "column": place.1 }]), "{document}");
            assert_eq!(said.contains(&format!("Did you mean {guess}")), tells, "{said}");
            assert!(tells || said.starts_with(kept), "{said}");
            assert_eq!(answer.json()["errors"].as_array().map(Vec::len), Some(1), "{}", answer.text);
            cases += 1;
        }
    }
    assert_eq!(cases, 10);
    assert!(edge.standin.told(|told| told.routed.is_empty()));
}

#[tokio::test]
async fn in_production_a_strangers_mistake_is_told_in_the_strangers_own_names() {
    let edge = Edge::in_production(|_| {}).await;
    let guess = "Unknown field \"categories\" on type \"Query\". Did you mean \"category\"?";
    assert_eq!(message_of(&edge, guess).await, "Unknown field \"categories\" on type \"Query\".");
    let lacking = "Field \"CartInput.key\" of required type \"String!\" was not provided.";
    assert_eq!(message_of(&edge, lacking).await, "Field \"….…\" of required type \"String!\" was not provided.");
    let open = Edge::start().await;
    assert_eq!(message_of(&open, guess).await, guess);
}

#[tokio::test]
async fn in_production_no_text_of_a_strangers_brings_out_names_of_the_schema() {
    let (edge, open) = (Edge::in_production(|_| {}).await, Edge::start().await);
    let add = "mutation($i: CartLinesAddInput!) { cartLinesAdd(input: $i) { __typename } }";
    let list = "query($s: ProductSort!) { category(slug: \"a\") { products(sort: $s) { __typename } } }";
    let mut cases = 0;
    for text in ["x`1", "x\"1", "`", "\"", "x`\"y\"`", "plain"] {
        let asked = [
            (add, json!({ "i": { "lines": [], "idempotencyKey": "a", text: 1 } }), ["`cartId`", "`lines`"]),
            (list, json!({ "s": text }), ["NEWEST", "FEATURED"]),
        ];
        for (document, variables, names) in asked {
            let body = json!({ "query": document, "variables": variables });
            let mut told = Vec::new();
            for edge in [&edge, &open] {
                let mut browser = edge.browser();
                let answer = browser.send(browser.request(Method::POST, "/graphql").json(&body)).await;
                assert_eq!((answer.status, answer.code().as_str()), (200, "BAD_USER_INPUT"), "{}", answer.text);
                told.push(answer.json()["errors"][0]["message"].as_str().unwrap().to_owned());
            }
            let (kept, whole) = (&told[0], &told[1]);
            assert!(names.iter().any(|name| whole.contains(name)), "there is something to hide: {whole}");
            assert!(names.iter().all(|name| !kept.contains(name)), "{kept}");
            assert!(!kept.contains("It has") && !kept.contains("one of"), "{kept}");
            cases += 1;
        }
    }
    assert_eq!(cases, 12);
}

#[test]
fn settings_that_do_not_fit_together_say_what_to_change() {
    let refused = |change: fn(&mut Settings)| {
        let mut settings = settings("http://127.0.0.1:1", "http://127.0.0.1:2");
        change(&mut settings);
        settings.check().map_err(|cause| cause.to_string()).err().unwrap_or_default()
    };
    assert_eq!(refused(|_| {}), "");
    let without_proxies = refused(|settings| settings.public_url = "https://shop.example".to_owned());
    assert!(without_proxies.contains("edge.proxies") && without_proxies.contains("edge.trusted_proxies"));
    assert_eq!(
        refused(|settings| (settings.public_url, settings.proxies) = ("https://shop.example".to_owned(), 1)),
        ""
    );
    let by_address = refused(|settings| {
        settings.public_url = "https://shop.example".to_owned();
        settings.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    });
    assert_eq!(by_address, "");
    let twice = refused(|settings| {
        settings.proxies = 1;
        settings.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    });
    assert!(twice.contains("leave one of them out"), "{twice}");
    assert!(refused(|settings| settings.origins = vec!["*".to_owned()]).contains("edge.origins"));
    assert!(refused(|settings| settings.public_url = String::new()).contains("edge.public_url"));
}

#[test]
fn the_clients_guide_says_what_to_do_on_every_code() {
    let guide = include_str!("../../../docs/clients-first-day.md");
    for code in kit::Code::ALL {
        assert!(guide.contains(&format!("`{}`", code.as_str())), "{}", code.as_str());
    }
}
