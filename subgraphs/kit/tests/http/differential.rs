//! What we answer, held against what graphql-js answers: the same schema, the same data, some hundred operations with
//! variables made by chance.

mod generator;
mod reference;
mod schema;
mod values;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::net::TcpListener;

use self::generator::Case;
use self::reference::Answer;
use kit::graphql::type_system::TypeSystem;

const CASES: u64 = 800;
/// The first of the seeds. Another one makes other cases: `MERCATO_TEST_SEED=7`.
const SEED: u64 = 20_260_101;

/// Where we differ, and why that is right.
const EXPLAINED: [(&str, &str); 4] = [
    (
        NULL_REFUSED,
        "A null that a variable brings to a place that takes none fails that field in graphql-js, once an object has it \
         and when the fields before it have run. We refuse the request before anything has run: half a mutation helps \
         nobody.",
    ),
    (
        VALUE_FIRST,
        "Of a request with two faults we tell that of the value. The rest of validation is async-graphql's, which comes \
         after it.",
    ),
    (
        OTHER_ORDER,
        "async-graphql puts a field where its resolver ends. Objects of JSON have no order, and the router, which has the \
         last word to clients, answers in the order of the operation.",
    ),
    (
        MORE_ERRORS,
        "Where a null takes its neighbours along, graphql-js forgets what else failed among them, as it may. \
         async-graphql tells it.",
    ),
];
const VALUE_FIRST: &str = "a null that does not fit, in a document that is invalid besides";
const OTHER_ORDER: &str = "the same fields in another order";
const MORE_ERRORS: &str = "more errors under one null";
const NULL_REFUSED: &str = "null where none is taken refuses the request";

/// What every run must have met.
const KINDS: [&str; 16] = [
    "a mutation",
    "an alias",
    "a fragment",
    "an interface or union",
    "a condition by variable",
    "a variable not sent",
    "a variable sent as null",
    "a default of a variable",
    "null for a place that takes none",
    "a null written out",
    "one for a list",
    "1.0 for an Int",
    "an enum",
    "an input object sent",
    "an input object written out",
    "an escaped surrogate pair",
];

#[expect(clippy::disallowed_methods, reason = "which cases are tried is nothing that a shop is configured with")]
#[tokio::test]
async fn what_we_answer_is_what_graphql_js_answers() {
    let (sdl, router) = schema::served();
    let types = TypeSystem::parse(&sdl).expect("a schema");
    let first = std::env::var("MERCATO_TEST_SEED").map_or(SEED, |seed| seed.parse().expect("a number"));
    let cases: Vec<Case> = (first..first + CASES).map(|seed| generator::case(&types, seed)).collect();
    let Some(theirs) = reference::answers(&sdl, &cases) else { return };
    assert_eq!(theirs.len(), cases.len(), "an answer for each");

    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/graphql", listener.local_addr().expect("bound"));
    tokio::spawn(async { axum::serve(listener, router).await });
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");

    let (mut agreeing, mut explained, mut differing) = (0, BTreeMap::<&str, usize>::new(), Vec::new());
    let (mut kinds, mut ends) = (BTreeMap::<&str, usize>::new(), BTreeMap::<String, usize>::new());
    for (case, theirs) in cases.iter().zip(&theirs) {
        let body = json!({ "query": case.query, "variables": case.variables });
        let ask = client.post(&url).header("accept", "application/graphql-response+json").json(&body);
        let ours = ask.send().await.expect("an answer").text().await.expect("text");
        case.kinds.iter().for_each(|kind| *kinds.entry(kind).or_default() += 1);
        *ends.entry(theirs.stage.clone().unwrap_or("data".to_owned())).or_default() += 1;
        match compared(&ours, theirs, case) {
            Ok(None) => agreeing += 1,
            Ok(Some(why)) => *explained.entry(why).or_default() += 1,
            Err(()) => {
                differing.push(format!("{}\n{}\nours   {ours}\ntheirs {theirs:?}\n", case.query, json!(case.variables)))
            }
        }
    }
    println!(
        "{} operations: {agreeing} agree, {} differ as explained, {} differ",
        cases.len(),
        explained.values().sum::<usize>(),
        differing.len()
    );
    println!("how they end: {ends:?}");
    for (why, reason) in EXPLAINED {
        println!("{:>5} {why}: {reason}", explained.get(why).copied().unwrap_or_default());
    }
    kinds.iter().for_each(|(kind, times)| println!("{times:>5} {kind}"));
    assert!(differing.is_empty(), "{} differ:\n{}", differing.len(), differing[..differing.len().min(10)].join("\n"));
    assert!(agreeing > 0 && cases.len() >= 300, "nothing was compared");
    for kind in KINDS {
        assert!(kinds.contains_key(kind), "no case of {kind}");
    }
}

/// Whether both say the same, or differ in a way that is explained.
fn compared(ours: &str, theirs: &Answer, case: &Case) -> Result<Option<&'static str>, ()> {
    let said: Value = serde_json::from_str(ours).map_err(drop)?;
    let code = said["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
    let data = said.get("data").map(|_| data_of(ours));
    let parsed = theirs.data.as_deref().map(|data| serde_json::from_str::<Value>(data).expect("JSON"));
    let same_data = parsed.as_ref() == said.get("data");
    let other_order = same_data && data != theirs.data.as_deref().map(Some);
    let told_of_null = said["errors"][0]["message"].as_str().is_some_and(|said| said.contains(" and got null."));
    let sent_null =
        ["null for a place that takes none", "wrong: null sent"].iter().any(|kind| case.kinds.contains(kind));
    let null_refused = code == "BAD_USER_INPUT" && data.is_none() && told_of_null && sent_null;
    let same = match theirs.stage.as_deref() {
        None | Some("fields") if null_refused => return Ok(Some(NULL_REFUSED)),
        None if said.get("errors").is_none() && other_order => return Ok(Some(OTHER_ORDER)),
        None => said.get("errors").is_none() && same_data,
        Some("parse") => data.is_none() && code == "GRAPHQL_PARSE_FAILED",
        Some("validate") if null_refused => return Ok(Some(VALUE_FIRST)),
        Some("validate") => {
            let about_values = theirs.rules.iter().any(|rule| rule == "ValuesOfCorrectTypeRule");
            let about_more = theirs.rules.iter().any(|rule| rule != "ValuesOfCorrectTypeRule");
            let fits =
                (about_values && code == "BAD_USER_INPUT") || (about_more && code == "GRAPHQL_VALIDATION_FAILED");
            data.is_none() && fits
        }
        Some("variables") => data.is_none() && code == "BAD_USER_INPUT",
        Some(_) => {
            let (ours, theirs) = (paths(&said["errors"]), paths(&json!(theirs.errors)));
            let told = theirs.iter().all(|path| ours.contains(path));
            match (same_data && told, ours.len() > theirs.len(), other_order) {
                (true, true, _) => return Ok(Some(MORE_ERRORS)),
                (true, false, true) => return Ok(Some(OTHER_ORDER)),
                (same, _, _) => same,
            }
        }
    };
    if same { Ok(None) } else { Err(()) }
}

/// The answer's `data`, in the order in which it came.
fn data_of(answer: &str) -> Option<&str> {
    #[derive(serde::Deserialize)]
    struct Data<'a> {
        #[serde(borrow)]
        data: &'a serde_json::value::RawValue,
    }
    serde_json::from_str::<Data<'_>>(answer).ok().map(|answer| answer.data.get())
}

fn paths(errors: &Value) -> Vec<String> {
    let mut paths: Vec<_> = errors.as_array().into_iter().flatten().map(|error| error["path"].to_string()).collect();
    paths.sort();
    paths
}
