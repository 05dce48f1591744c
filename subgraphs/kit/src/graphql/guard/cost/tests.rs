use serde_json::json;

use super::super::hostile::limits;
use super::super::{Guard, Limits};
use super::*;

const SDL: &str = "
    type Query { shelves: [Shelf!]! books(first: Int! = 20): BookConnection! find(first: Int): Found! seek(first: Int): Found! \
        book: Book \
        notes(first: Int! = 3): [String!]! _entities(representations: [_Any!]!): [_Entity]! any: Any }
    input Word { like: [Word] }
    type Shelf { labels: [String!]! pick(words: [String!], any: [String!], word: Word): String books(first: Int! = 20, after: String): BookConnection! }
    type BookConnection { nodes: [Book!]! edges: [BookEdge!]! count: Int }
    type BookEdge { node: Book! cursor: String! }
    type Book { id: ID! title: String! shelf: Shelf errors: [String!]! like(first: Int! = 20): BookConnection! }
    type Found { hits: [Book!]! nodes: [Book!]! errors: [String!]! }
    union Any = Shelf | Book
    union _Entity = Book | Shelf
    scalar _Any";
const RULES: &str = "
    Query = { shelves = 10, find = { sized_fields = [\"hits\"] }, seek = { sized_fields = [\"hits\"], weight = 50 } }
    Shelf.labels = 4
    Found.nodes = 7
    \"*\".errors = 3";

fn guard(budget: u64) -> Guard {
    let types = Arc::new(TypeSystem::parse(SDL).expect("a schema"));
    let sizes = ListSizes::parse(RULES).expect("rules");
    let limits = Limits { cost: budget, ..limits() };
    Guard::new(limits, Arc::clone(&types)).with_costs(Costs::new(types, Arc::new(sizes)))
}

fn judged(budget: u64, document: &str, variables: Value) -> Result<u64, Refusal> {
    let Value::Object(variables) = variables else { panic!("{variables} are no variables") };
    let guard = guard(budget);
    let admitted = guard.admit(document).expect(document);
    guard.afford(&admitted, None, &variables)
}

fn cost_with(document: &str, variables: Value) -> u64 {
    judged(u64::MAX, document, variables).expect("any cost fits")
}

fn cost(document: &str) -> u64 {
    cost_with(document, json!({}))
}

#[test]
fn a_field_costs_itself_and_a_list_as_often_as_it_has_items() {
    assert_eq!(cost("{ book { id title } }"), 3);
    assert_eq!(cost("{ shelves { __typename } }"), 1 + 10);
    assert_eq!(cost("{ shelves { labels } }"), 1 + 10 * (1 + 4));
    assert_eq!(cost("{ book { errors } }"), 1 + (1 + 3));
}

#[test]
fn what_is_given_in_lists_costs_wherever_it_is_looked_at() {
    let document = "query($words: [String!]) { shelves { pick(words: $words, any: [\"a\", \"b\"]) } }";
    assert_eq!(cost_with(document, json!({"words": ["a", "b", "c"]})), 1 + 10 * (1 + 3 + 2));
    assert_eq!(cost_with(document, json!({"words": null})), 1 + 10 * (1 + 2));
    let nested = "query($word: Word) { shelves { pick(word: $word) } }";
    assert_eq!(cost_with(nested, json!({"word": {"like": [{"like": ["a", "b"]}, {}]}})), 1 + 10 * (1 + 3));
}

#[test]
fn a_field_that_is_dear_to_answer_costs_its_weight() {
    assert_eq!(cost("{ seek(first: 1) { __typename } }"), 50 + 1 + 1);
    assert_eq!(cost("{ a: seek(first: 1) { __typename } b: seek(first: 1) { __typename } }"), 2 * (50 + 1 + 1));
    assert_eq!(
        cost_with("query($no: Boolean!) { seek(first: 1) @skip(if: $no) { __typename } }", json!({"no": true})),
        0
    );
}

#[test]
fn a_slice_costs_its_rows_and_sizes_the_lists_below_it() {
    // The field, its rows, and what is shown of each.
    assert_eq!(cost("{ books(first: 5) { count } }"), 1 + 5 + 1);
    assert_eq!(cost("{ books(first: 5) { nodes { id title } } }"), 1 + 5 + (1 + 5 * 2));
    assert_eq!(cost("{ books(first: 5) { edges { cursor node { id } } } }"), 1 + 5 + (1 + 5 * 3));
    assert_eq!(cost("{ books(first: 5) { nodes { id } edges { cursor } } }"), 1 + 5 + 2 * (1 + 5));
    assert_eq!(cost("{ notes(first: 5) }"), 1 + 5 + 5);
    assert_eq!(cost("{ find(first: 5) { hits { id } nodes { id } } }"), 1 + 5 + (1 + 5) + (1 + 7));
}

#[test]
fn a_slice_is_what_is_asked_for_or_the_default_and_at_most_what_any_list_gives() {
    let rows = |arguments: &str| cost(&format!("{{ books{arguments} {{ count }} }}")) - 2;
    assert_eq!(rows(""), 20);
    for (given, read) in [("1", 1), ("100", 100), ("101", 100), ("2147483647", 100), ("0", 1), ("-5", 1)] {
        assert_eq!(rows(&format!("(first: {given})")), read, "{given}");
    }
    for odd in ["null", "\"7\"", "true", "{ a: 1 }"] {
        assert!(rows(&format!("(first: {odd})")) >= 1, "{odd}");
    }
    assert_eq!(cost("{ find { hits { id } } }"), 1 + 100 + (1 + 100));
}

#[test]
fn variables_count_as_given_or_by_their_default_or_by_the_arguments() {
    let rows = |definition: &str, variables| {
        cost_with(&format!("query($n: {definition}) {{ books(first: $n) {{ count }} }}"), variables) - 2
    };
    assert_eq!(rows("Int!", json!({"n": 7})), 7);
    assert_eq!(rows("Int! = 9", json!({"n": 7})), 7);
    assert_eq!(rows("Int! = 9", json!({})), 9);
    assert_eq!(rows("Int", json!({})), 20);
    assert_eq!(rows("Int!", json!({"n": 5_000_000_000_i64})), 100);
    assert_eq!(rows("Int!", json!({"n": 7.0})), 7);
    assert_eq!(rows("Int!", json!({"n": -1})), 1);
    for odd in [json!({"n": null}), json!({"n": "7"}), json!({"n": {}})] {
        assert_eq!(rows("Int!", odd.clone()), 100, "{odd}");
    }
}

#[test]
fn what_is_left_out_costs_nothing_and_what_may_be_there_counts() {
    assert_eq!(
        cost("{ a: book { id } books @skip(if: true) { count } ... @include(if: false) { shelves { labels } } }"),
        2
    );
    let document = "query($all: Boolean! = false) { book { id } ...S @include(if: $all) } \
                    fragment S on Query { shelves { labels @skip(if: $all) __typename } }";
    assert_eq!(cost(document), 2);
    assert_eq!(cost_with(document, json!({"all": true})), 2 + 1 + 10);
    let unsaid = "query($all: Boolean!) { shelves @include(if: $all) { __typename } }";
    assert_eq!(cost_with(unsaid, json!({"all": null})), 11);
}

#[test]
fn fragments_and_aliases_count_wherever_they_are() {
    assert_eq!(cost("{ a: shelves { labels } b: shelves { labels } }"), 2 * 51);
    let page = "fragment P on BookConnection { nodes { ...B } } fragment B on Book { id ... on Book { title } }";
    assert_eq!(cost(&format!("{{ books(first: 5) {{ ...P }} }} {page}")), 1 + 5 + (1 + 5 * 2));
    assert_eq!(cost(&format!("{{ books(first: 5) {{ ...P ... on BookConnection {{ ...P }} }} }} {page}")), 6 + 2 * 11);
    assert_eq!(cost("{ any { ... on Shelf { labels } ... on Book { id } __typename } }"), 1 + 5 + 1 + 1);
}

#[test]
fn entities_cost_as_often_as_there_are_keys() {
    let document = "query($keys: [_Any!]!) { _entities(representations: $keys) { ... on Book { id title } } }";
    let keys = |n: usize| json!({"keys": vec![json!({"__typename": "Book", "id": "1"}); n]});
    assert_eq!(cost_with(document, keys(1_000)), 1 + 1_000 + 1_000 * 2);
    assert_eq!(cost_with(document, keys(0)), 1);
    let literal =
        "{ _entities(representations: [{ __typename: \"Book\" }, { __typename: \"Book\" }]) { ... on Book { id } } }";
    assert_eq!(cost(literal), 1 + 2 + 2);
}

#[test]
fn lists_multiply_and_never_overflow() {
    let nested = |levels: usize| {
        let open = "like(first: 100) { nodes { ".repeat(levels);
        format!("{{ book {{ {open} id {} }} }}", "} }".repeat(levels))
    };
    assert!(cost(&nested(2)) > 10_000);
    let deep = Limits { nesting: 200, depth: 200, ..limits() };
    let types = Arc::new(TypeSystem::parse(SDL).expect("a schema"));
    let costs = Costs::new(Arc::clone(&types), Arc::new(ListSizes::parse(RULES).expect("rules")));
    let guard = Guard::new(Limits { cost: u64::MAX, ..deep }, types).with_costs(costs);
    let admitted = guard.admit(&nested(12)).expect("fits");
    assert_eq!(guard.afford(&admitted, None, &Map::new()), Ok(u64::MAX));
}

#[test]
fn a_refusal_says_the_cost_the_budget_and_the_field_that_cost_most() {
    let document =
        "query Q($n: Int!) { book { id } shelves { books(first: $n) { nodes { shelf { labels } } count } } }";
    let refused = judged(1_000, document, json!({"n": 100})).expect_err("dear");
    let cost = cost_with(document, json!({"n": 100}));
    assert_eq!(refused.code, Code::TooComplex);
    assert_eq!(
        refused.message,
        format!(
            "The operation costs {cost}; at most 1000 fit in one request. Most of it is \
             `shelves.books.nodes.shelf.labels`: ask for fewer of them, or for less of each."
        )
    );
    let told = json!({"cost": cost, "budget": 1_000, "field": "shelves.books.nodes.shelf.labels"});
    assert_eq!(refused.extensions.as_deref().cloned().map(Value::Object), Some(told));
    assert_eq!(judged(1_000, document, json!({"n": 1})), Ok(2 + 1 + 10 * (1 + 1 + 1 + (1 + (1 + 1 + 4)))));
}

#[test]
fn a_long_path_is_told_by_its_end() {
    let levels = 4;
    let document =
        format!("{{ book {{ {} id {} }} }}", "shelf { books { nodes { ".repeat(levels), "} } }".repeat(levels));
    let deep = Limits { nesting: 40, depth: 40, cost: 10, ..limits() };
    let types = Arc::new(TypeSystem::parse(SDL).expect("a schema"));
    let costs = Costs::new(Arc::clone(&types), Arc::new(ListSizes::parse(RULES).expect("rules")));
    let guard = Guard::new(deep, types).with_costs(costs);
    let admitted = guard.admit(&document).expect("fits");
    let refused = guard.afford(&admitted, None, &Map::new()).expect_err("dear");
    assert!(refused.message.contains("`…shelf.books.nodes.shelf.books.nodes`"), "{}", refused.message);
    assert!(refused.message.len() < 300);
}

#[test]
fn only_what_a_variable_changes_is_evaluated_again() {
    let types = Arc::new(TypeSystem::parse(SDL).expect("a schema"));
    let costs = Costs::new(Arc::clone(&types), Arc::new(ListSizes::parse(RULES).expect("rules")));
    let nodes = |document: &str| {
        let document = async_graphql::parser::parse_query(document).expect("parses");
        let (_, operation) = document.operations.iter().next().expect("an operation");
        costs.of(&document, &operation.node).nodes()
    };
    assert_eq!(nodes("{ shelves { labels books { nodes { id title } } } book { id } }"), 1);
    // The slice with its list, in which all else is one sum, and what stands beside it.
    assert_eq!(
        nodes("query($n: Int!) { books(first: $n) { count nodes { id title shelf { labels } } } book { id } }"),
        5
    );
}
