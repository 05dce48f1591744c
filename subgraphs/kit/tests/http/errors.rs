use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::sample::{JSON, MODERN, ask, post, request, send};

#[tokio::test]
async fn a_document_that_does_not_fit_the_schema_has_a_code() {
    for query in [
        "{ nowhere }",
        "{ sum }",
        "{ again }",
        "{ ...Nowhere }",
        "{ sum(left: 1, down: 2) }",
        "query($x: Int) { __typename }",
    ] {
        let reply = ask(query).await;
        assert_eq!((reply.status, reply.code()), (StatusCode::BAD_REQUEST, "GRAPHQL_VALIDATION_FAILED"), "{query}");
        assert!(reply.json["errors"][0]["locations"][0]["line"].is_number(), "{query}");
    }
}

#[tokio::test]
async fn values_that_do_not_fit_their_types_have_a_code() {
    let sum = "query($l: Int!) { sum(left: $l) }";
    for (query, variables) in [
        ("{ sum(left: \"x\") }", json!({})),
        ("{ within(range: { least: 1 }) }", json!({})),
        (sum, json!({ "l": "x" })),
        (sum, json!({ "l": null })),
        (sum, json!({ "l": 1e300 })),
        (sum, json!({})),
        ("{ sum(left: 99999999999) }", json!({})),
        ("query($r: Range! = 1) { within(range: $r) }", json!({})),
        ("query($r: Range!) { within(range: $r) }", json!({ "r": { "least": 1 } })),
    ] {
        let reply = post(json!({ "query": query, "variables": variables })).await;
        assert_eq!(
            (reply.status, reply.code()),
            (StatusCode::BAD_REQUEST, "BAD_USER_INPUT"),
            "{query}: {}",
            reply.json
        );
    }
}

#[tokio::test]
async fn a_value_that_only_its_field_can_judge_is_bad_input_at_its_path() {
    for (field, query) in [
        ("firstWord", "{ firstWord(text: \"longer than twenty letters\") __typename }"),
        ("word", "query($t: String = \"longer than twenty letters\") { word: firstWord(text: $t) __typename }"),
    ] {
        let reply = ask(query).await;
        assert_eq!((reply.status, reply.code()), (StatusCode::OK, "BAD_USER_INPUT"), "{}", reply.json);
        assert_eq!(reply.json["errors"][0]["path"], json!([field]));
    }
}

#[tokio::test]
async fn null_and_absent_are_told_apart() {
    let query = "query($what: String) { said(what: $what) }";
    for (variables, said) in [(json!({ "what": "x" }), "something"), (json!({ "what": null }), "null")] {
        let reply = post(json!({ "query": query, "variables": variables })).await;
        assert_eq!(reply.json["data"]["said"], said);
    }
    assert_eq!(ask("{ said }").await.json["data"]["said"], "nothing");
}

#[tokio::test]
async fn a_field_that_fails_costs_itself() {
    let reply = ask("{ sum(left: 1) refused broken }").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.json["data"], json!({ "sum": 1, "refused": null, "broken": null }));
    let codes: Vec<&Value> =
        reply.json["errors"].as_array().expect("two errors").iter().map(|error| &error["extensions"]["code"]).collect();
    assert_eq!(codes, ["FORBIDDEN", "INTERNAL"]);
}

#[tokio::test]
async fn a_response_whose_data_is_null_is_still_a_response() {
    let reply = ask("{ wholeAnswerLost }").await;
    assert_eq!((reply.status, &reply.json["data"]), (StatusCode::OK, &Value::Null));
    assert!(reply.json.as_object().expect("an object").contains_key("data"));
    assert_eq!(reply.code(), "UNAVAILABLE");
}

#[tokio::test]
async fn an_error_that_nobody_meant_to_show_is_hidden() {
    for field in ["careless", "broken"] {
        let reply = ask(&format!("{{ {field} }}")).await;
        assert_eq!(reply.code(), "INTERNAL");
        assert!(reply.json["errors"][0]["extensions"]["traceId"].is_string());
        assert_eq!(reply.json["errors"][0]["path"], json!([field]));
        assert!(!reply.json.to_string().contains("hunter2"));
    }
}

#[tokio::test]
async fn the_hook_tells_resolvers_who_asks() {
    let headers = [JSON, MODERN, ("x-caller", "ada")];
    let reply = send(request("POST", "", &headers, r#"{"query": "{ caller }"}"#)).await;
    assert_eq!(reply.json, json!({ "data": { "caller": "ada" } }));
    assert_eq!(ask("{ caller }").await.json, json!({ "data": { "caller": null } }));
}

#[tokio::test]
async fn what_does_not_fit_is_told_at_its_place() {
    let reply = ask("{\n  sum(left: null)\n}").await;
    assert_eq!(reply.json["errors"][0]["locations"], json!([{ "line": 2, "column": 13 }]), "{}", reply.json);
    let reply = post(json!({ "query": "query($l: Int = 1) { sum(left: $l) }", "variables": { "l": null } })).await;
    assert_eq!(reply.json["errors"].as_array().map(Vec::len), Some(1));
    assert!(reply.message().contains("`left` of `sum`"), "{}", reply.json);
}

#[tokio::test]
async fn all_faults_of_a_request_are_told_at_once_the_first_of_them_first() {
    let reply = ask("{ sm(left: 1)\n  sum(lft: 2) again { sum(left: true) refusd } }").await;
    let told: Vec<_> = reply.json["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| (error["extensions"]["code"].as_str().expect("a code"), error["locations"][0].clone()))
        .collect();
    let (invalid, bad) = ("GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT");
    let at = |line: u32, column: u32| json!({ "line": line, "column": column });
    let expected =
        [(invalid, at(1, 3)), (invalid, at(2, 3)), (invalid, at(2, 7)), (bad, at(2, 33)), (invalid, at(2, 39))];
    assert_eq!(told, expected, "{}", reply.json);
    assert!(reply.message().contains("`sm`") && reply.message().contains("Did you mean `sum`"), "{}", reply.json);
    let query = "query($l: Int!, $r: Range!) { sum(left: $l) within(range: $r) }";
    let reply = post(json!({ "query": query, "variables": { "l": "x", "r": { "least": "y" } } })).await;
    let said: Vec<_> =
        reply.json["errors"].as_array().expect("errors").iter().map(|error| error["message"].to_string()).collect();
    assert_eq!(said.len(), 3, "{said:?}");
    for (said, path) in said.iter().zip(["`$l`", "`$r.least`", "`$r.most`"]) {
        assert!(said.contains(path), "{said}");
    }
    assert!(reply.json["errors"].as_array().expect("errors").iter().all(|error| error["locations"].is_array()));
}

#[tokio::test]
async fn an_object_of_which_all_is_skipped_is_an_object() {
    for (query, data) in [
        ("{ __typename @skip(if: true) }", json!({})),
        ("query($x: Boolean = true) { sum(left: 1) @skip(if: $x) }", json!({})),
        ("{ again { sum(left: 1) @include(if: false) } }", json!({ "again": {} })),
        ("mutation { __typename }", json!({ "__typename": "Mutation" })),
        ("mutation { increment(by: 1) @skip(if: true) }", json!({})),
        ("{ again { refused } }", json!({ "again": { "refused": null } })),
    ] {
        let reply = ask(query).await;
        assert_eq!((reply.status, &reply.json["data"]), (StatusCode::OK, &data), "{query}");
    }
}
