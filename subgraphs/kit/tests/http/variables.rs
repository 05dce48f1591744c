//! What variables cost.

use std::time::Duration;

use kit::graphql::guard::{Guard, hostile};
use kit::graphql::type_system::TypeSystem;
use kit::graphql::variables::written_out;
use kit::testing::CpuTime;
use serde_json::{Map, Value, json};

const SDL: &str = "type Query { list(first: Int! = 24, after: String, filter: Filter, sort: Sort! = NEWEST): [Item!]! }
    type Item { id: ID! title(length: Int): String inner(first: Int! = 3): [Item!]! }
    input Filter { words: [String!]!, least: Int! = 0, most: Int, and: [Filter!] } enum Sort { NEWEST OLDEST }";
const DOCUMENT: &str = "query Page($first: Int = 24, $after: String, $filter: Filter!, $sort: Sort, $length: Int, $wide: Boolean = false) {
    list(first: $first, after: $after, filter: $filter, sort: $sort) { ...Card inner { ...Card inner { ...Card } } }
    } fragment Card on Item { id title(length: $length) wide: title @include(if: $wide) }";
const TIMES: u32 = 2_000;

/// A figure for a build without optimisation, in which everything takes some ten times as long.
#[test]
fn a_documents_variables_are_looked_at_once_and_cost_microseconds() {
    let guard = Guard::new(hostile::limits(), TypeSystem::parse(SDL).expect("a schema"));
    let sent = json!({ "filter": { "words": ["a", "b"], "and": { "words": "c" } }, "first": 12.0 });
    let Value::Object(sent) = sent else { unreachable!("an object") };
    let new = CpuTime::begin();
    let admitted = guard.admit(DOCUMENT).expect("fits");
    let parsed = new.so_far();
    let values = admitted.variables(None, &sent).expect("fit");
    let looked_at = new.so_far() - parsed;
    let each = |run: &dyn Fn()| {
        let effort = CpuTime::begin();
        (0..TIMES).for_each(|_| run());
        effort.so_far() / TIMES
    };
    let before = each(&|| {
        let copied = (admitted.document().clone(), async_graphql::Value::from_json(Value::Object(sent.clone())));
        drop(copied);
    });
    let coerced = each(&|| drop::<Map<_, _>>(admitted.variables(None, &sent).expect("fit")));
    let written = each(&|| drop(written_out(admitted.document(), None, &values, admitted.types())));
    println!("a new document: parsed in {parsed:?}, looked at in {looked_at:?}");
    println!("each request: coerced in {coerced:?}, written out in {written:?}; before, copied in {before:?}");
    assert!(coerced + written < before * 10 + Duration::from_micros(500), "{coerced:?} {written:?} {before:?}");
}
