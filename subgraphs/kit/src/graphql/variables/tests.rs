use async_graphql::parser::parse_query;
use serde_json::{Value as Json, json};

use super::*;

const SDL: &str = r#"
type Query {
  list(first: Int! = 24, after: String, tags: [String!], sort: Sort! = NEWEST, scale: Float, on: Boolean, id: ID): [Item!]!
  find(filter: Filter!): Item
  any(value: Any): Int
  one(of: One): Int
  when(at: Moment): Int
}
type Item { id: ID! text(length: Int = 3): String }
enum Sort { NEWEST OLDEST }
input Filter { word: String!, count: Int! = 1, sort: Sort = OLDEST, and: [Filter!], ids: [ID!] }
input One @oneOf { a: Int b: String }
scalar Any
scalar Moment
scalar DateTime
scalar NaiveDate
"#;

/// Hour and minute.
struct Moment;

#[async_graphql::Scalar]
impl async_graphql::ScalarType for Moment {
    fn parse(value: Value) -> async_graphql::InputValueResult<Self> {
        match value {
            Value::String(text) if text.split_once(':').is_some_and(|(hour, _)| hour.parse::<u8>().is_ok()) => Ok(Self),
            other => Err(async_graphql::InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Null
    }
}

fn types() -> TypeSystem {
    TypeSystem::parse(SDL).expect("a schema").with_scalar::<Moment>("Moment", "a moment, such as 12:00")
}

/// The values that a document of one operation runs with.
fn run(document: &str, sent: Json) -> Result<Json, Refusal> {
    let types = types();
    let document = parse_query(document).expect(document);
    let (_, operation) = document.operations.iter().next().expect("an operation");
    let declared = judge(&document, &operation.node, &types)?;
    let Json::Object(sent) = sent else { panic!("an object") };
    let values = declared.coerce(&sent, &types)?;
    declared.keep_null_out(&values, &document, &operation.node, &types)?;
    Ok(Json::Object(values))
}

/// What a variable of this type is for what was sent.
fn as_type(ty: &str, sent: Json) -> Result<Json, String> {
    // At a place of no known type, where a variable of any may stand.
    let document = format!("query($v: {ty}) {{ any(value: [$v]) }}");
    let refused = |refused: Refusal| {
        assert_eq!(refused.code, Code::BadUserInput, "{}", refused.message);
        refused.message
    };
    run(&document, json!({ "v": sent })).map(|values| values["v"].clone()).map_err(refused)
}

fn refusal(document: &str, sent: Json) -> (Code, String) {
    let refused = run(document, sent).expect_err(document);
    assert!(refused.message.len() < 400, "{}", refused.message);
    (refused.code, refused.message)
}

#[test]
fn numbers_fit_by_their_value_and_not_by_how_they_are_written() {
    assert_eq!(as_type("Int", json!(1.0)), Ok(json!(1)));
    assert_eq!(as_type("Int", json!(-2_147_483_648_i64)), Ok(json!(-2_147_483_648_i64)));
    assert_eq!(as_type("Float", json!(1)), Ok(json!(1)));
    assert_eq!(as_type("ID", json!(7)), Ok(json!("7")));
    assert_eq!(as_type("ID", json!(7.0)), Ok(json!("7")));
    for (ty, wrong) in [
        ("Int", json!(1.5)),
        ("Int", json!(2_147_483_648_i64)),
        ("Int", json!("1")),
        ("Int", json!(true)),
        ("Int", json!([1])),
        ("Float", json!("1.5")),
        ("ID", json!(1.5)),
        ("ID", json!(true)),
        ("String", json!(1)),
        ("Boolean", json!(1)),
        ("Boolean", json!("true")),
    ] {
        let message = as_type(ty, wrong.clone()).expect_err(ty);
        assert!(message.starts_with(&format!("The variable `$v` takes `{ty}` and got ")), "{message}");
    }
}

#[test]
fn one_value_is_a_list_of_one() {
    assert_eq!(as_type("[Int!]!", json!(1.0)), Ok(json!([1])));
    assert_eq!(as_type("[[Int]]", json!([1, [2, null], null])), Ok(json!([[1], [2, null], null])));
    assert_eq!(as_type("[Int]", json!(null)), Ok(json!(null)));
    assert_eq!(
        as_type("[Int!]", json!([1, null])),
        Err("The variable `$v[1]` takes `Int!` and got null. Give it a value.".into())
    );
}

#[test]
fn an_input_object_has_its_defaults_and_no_field_that_it_does_not_know() {
    assert_eq!(
        as_type("Filter", json!({ "word": "a", "and": { "word": "b", "sort": null, "ids": 3 } })),
        Ok(json!({
            "word": "a", "count": 1, "sort": "OLDEST",
            "and": [{ "word": "b", "count": 1, "sort": null, "ids": ["3"] }],
        }))
    );
    for (wrong, said) in [
        (json!({}), "The variable `$v.word` of type `String!` was not given. Give it a value."),
        (
            json!({ "word": "a", "count": null }),
            "The variable `$v.count` takes `Int!` and got null. Give it a value, or leave it out.",
        ),
        (
            json!({ "word": "a", "and": [{ "word": "b", "wrod": 1 }] }),
            "The variable `$v.and[0]` has a field `wrod`, which `Filter` has not. Did you mean `word`? It has `word`, `count`, `sort`, `and`, `ids`.",
        ),
        (json!("a"), "The variable `$v` takes `Filter` and got a string. Give it an object with its fields."),
        (
            json!({ "word": "a", "sort": "newest" }),
            "The variable `$v.sort` takes `Sort` and got \"newest\". Did you mean `NEWEST`? Give it one of `NEWEST`, `OLDEST`.",
        ),
    ] {
        assert_eq!(as_type("Filter", wrong), Err(said.to_owned()));
    }
    assert_eq!(as_type("One", json!({ "a": 1 })), Ok(json!({ "a": 1 })));
    assert!(as_type("One", json!({ "a": 1, "b": "x" })).is_err() && as_type("One", json!({ "a": null })).is_err());
}

#[test]
fn what_was_not_sent_has_its_default_or_is_not_there() {
    let document =
        "query($n: Int = 3, $after: String, $s: Sort = OLDEST) { list(first: $n, after: $after, sort: $s) { id } }";
    assert_eq!(run(document, json!({})).expect("fits"), json!({ "n": 3, "s": "OLDEST" }));
    let sent = json!({ "n": 5, "after": null, "unknown": { "x": 1 } });
    assert_eq!(run(document, sent).expect("fits"), json!({ "n": 5, "after": null, "s": "OLDEST" }));
    let required = "query($n: Int!) { list(first: $n) { id } }";
    for sent in [json!({}), json!({ "n": null })] {
        let (code, message) = refusal(required, sent);
        assert_eq!(code, Code::BadUserInput);
        assert!(message.starts_with("The variable `$n` "), "{message}");
    }
}

#[test]
fn null_does_not_reach_a_place_that_takes_none() {
    let document =
        "query($n: Int = 3, $s: Boolean!) { list(first: $n) @skip(if: $s) { ...F } } fragment F on Item { id }";
    let (code, message) = refusal(document, json!({ "n": null, "s": false }));
    assert_eq!(
        (code, message.as_str()),
        (
            Code::BadUserInput,
            "The argument `first` of `list` takes `Int!` and got null. Give it a value, or leave it out."
        )
    );
    assert!(run(document, json!({ "n": null, "s": true })).is_ok(), "what is skipped is not run");
    let nested = "query($c: Int) { find(filter: { word: \"a\", and: [{ word: \"b\", count: $c }] }) { id } }";
    let (_, message) = refusal(nested, json!({ "c": null }));
    assert!(
        message.starts_with("The argument `filter.and[0].count` of `find` takes `Int!` and got null."),
        "{message}"
    );
    let condition = "query($x: Boolean = true) { list { id @include(if: $x) } }";
    let (_, message) = refusal(condition, json!({ "x": null }));
    assert!(message.starts_with("The argument `if` of `@include` takes `Boolean!` and got null."), "{message}");
}

#[test]
fn a_variable_stands_only_where_its_type_fits() {
    for good in [
        "query($n: Int) { list(first: $n) { id } }",
        "query($n: Int!) { list(first: $n) { text(length: $n) } }",
        "query($t: [String!]!) { list(tags: $t) { id } }",
        "query($t: String!) { list(tags: [$t, \"x\"]) { id } }",
        "query($t: String = \"x\") { list(tags: [$t]) { id } }",
        "query($x: [[Filter]]) { any(value: { a: [$x] }) }",
        "query($x: Any) { any(value: $x) }",
        "query($x: Boolean! = false) { ... @skip(if: $x) { any } }",
    ] {
        let refused = run(good, json!({ "t": "x" })).map_err(|refused| refused.message);
        assert!(refused.as_ref().err().is_none_or(|said| said.contains("was not given")), "{good}: {refused:?}");
    }
    for wrong in [
        "query($n: String) { list(first: $n) { id } }",
        "query($t: String) { list(tags: [$t]) { id } }",
        "query($t: String!) { list(tags: $t) { id } }",
        "query($t: [String]) { list(tags: $t) { id } }",
        "query($w: String) { find(filter: { word: $w }) { id } }",
        "query($x: Boolean) { list { id @skip(if: $x) } }",
        "query($n: Int) { list { id } }",
        "query($n: Int, $n: Int) { list(first: $n) { id } }",
        "query($n: Missing) { list(first: $n) { id } }",
        "query($n: Item) { list(first: $n) { id } }",
        "{ list(first: $n) { id } }",
        "{ ...F } fragment F on Query { list(first: $n) { id } }",
        "query($n: Int) { list(frist: $n) { id } }",
    ] {
        assert_eq!(refusal(wrong, json!({})).0, Code::GraphqlValidationFailed, "{wrong}");
    }
}

#[test]
fn what_a_document_writes_out_fits_too() {
    for good in [
        "{ list(first: 1, after: null, tags: \"x\", sort: OLDEST, scale: 1, id: 1) { text(length: null) } }",
        "{ find(filter: { word: \"a\", sort: null, and: { word: \"b\" }, ids: [1, \"2\"] }) { id } }",
        "{ any(value: { a: [1, X, \"b\"], c: null }) one(of: { a: 1 }) }",
        "query($f: Filter = { word: \"a\" }) { find(filter: $f) { id } }",
    ] {
        assert!(run(good, json!({})).is_ok(), "{good}: {:?}", run(good, json!({})));
    }
    for (wrong, place) in [
        ("{ list(first: null) { id } }", "`first` of `list`"),
        ("{ list(first: 1.0) { id } }", "`first` of `list`"),
        ("{ list(first: 3000000000) { id } }", "`first` of `list`"),
        ("{ list(sort: \"OLDEST\") { id } }", "`sort` of `list`"),
        ("{ list(tags: [null]) { id } }", "`tags[0]` of `list`"),
        ("{ list(on: 1) { id } }", "`on` of `list`"),
        ("{ list(after: OLDEST) { id } }", "`after` of `list`"),
        ("{ find(filter: { count: 1 }) { id } }", "`filter.word` of `find`"),
        ("{ find(filter: { word: \"a\", x: 1 }) { id } }", "`filter` of `find`"),
        ("{ one(of: { a: 1, b: \"x\" }) }", "`of` of `one`"),
        ("query($n: Int = \"x\") { list(first: $n) { id } }", "default of the variable `$n`"),
        ("query($n: Int! = null) { list(first: $n) { id } }", "default of the variable `$n`"),
        ("{ list { id @skip(if: \"x\") } }", "`if` of `@skip`"),
    ] {
        let (code, message) = refusal(wrong, json!({}));
        assert_eq!(code, Code::BadUserInput, "{wrong}");
        assert!(message.contains(place), "{message}");
    }
}

/// What is wrong with a request, each with its place.
fn faults(document: &str, sent: Json) -> Vec<(String, (usize, usize))> {
    let mut first = run(document, sent).expect_err(document);
    let others = std::mem::take(&mut first.others);
    let told = |fault: Refusal| (fault.message, fault.location.map(|at| (at.line, at.column)).expect("a place"));
    std::iter::once(first).chain(others).map(told).collect()
}

#[test]
fn all_that_is_wrong_with_the_variables_is_told_at_once_each_by_its_path_and_its_place() {
    let document = "query($a: Filter!, $b: Sort!,\n  $c: Moment) { find(filter: $a) { id } list(sort: $b) { id } any(value: [$c]) }";
    let sent = json!({
        "a": { "word": 1, "and": [{ "word": "a" }, { "count": "many", "ids": [[]] }] }, "b": "odd", "c": "yesterday",
    });
    let (a, b, c) = ((1, 7), (1, 20), (2, 3));
    let told = faults(document, sent);
    let expected = [
        ("The variable `$a.word` takes `String!` and got the number 1. Give it a text in quotation marks.", a),
        ("The variable `$a.and[1].word` of type `String!` was not given. Give it a value.", a),
        (
            "The variable `$a.and[1].count` takes `Int!` and got a string. Give it a whole number of up to 32 bits, such as 3.",
            a,
        ),
        ("The variable `$a.and[1].ids[0]` takes `ID!` and got a list. Give it an id as it was told, a text.", a),
        ("The variable `$b` takes `Sort!` and got \"odd\". Give it one of `NEWEST`, `OLDEST`.", b),
        ("The variable `$c` takes `Moment` and got \"yesterday\". Give it a moment, such as 12:00.", c),
    ];
    assert_eq!(told, expected.map(|(said, place)| (said.to_owned(), place)));
    let many = json!({ "a": { "word": "a", "ids": vec![json!([]); 100] }, "b": "NEWEST" });
    assert_eq!(faults(document, many).len(), 20, "enough to begin with");
}

#[test]
fn a_scalar_of_the_schemas_own_is_judged_before_anything_is_run() {
    let variable = |ty: &str, sent: Json| {
        let document = format!("query($v: {ty}) {{ any(value: [$v]) }}");
        run(&document, json!({ "v": sent })).map(|values| values["v"].clone()).map_err(|refused| refused.message)
    };
    assert_eq!(variable("Moment", json!("12:00")), Ok(json!("12:00")));
    for (ty, wrong, said) in [
        ("Moment!", json!("12.34"), "takes `Moment!` and got \"12.34\". Give it a moment, such as 12:00."),
        ("[Moment!]", json!(["12:00", 5]), "`$v[1]` takes `Moment!` and got the number 5. Give it a moment"),
        ("DateTime", json!("yesterday"), "and got \"yesterday\". Give it a moment as in RFC 3339, such as 2026-03-01T"),
        ("NaiveDate", json!("1.3.2026"), "Give it a date, such as 2026-03-01."),
    ] {
        let message = variable(ty, wrong).expect_err(ty);
        assert!(message.contains(said), "{message}");
    }
    for (written, place) in [("\"noon\"", "`at` of `when`"), ("12", "`at` of `when`"), ("NOON", "`at` of `when`")] {
        let (code, message) = refusal(&format!("{{ when(at: {written}) }}"), json!({}));
        assert_eq!(code, Code::BadUserInput);
        assert!(message.contains(place) && message.ends_with("such as 12:00."), "{message}");
    }
    assert!(run("{ when(at: \"12:00\") }", json!({})).is_ok());
}

#[test]
fn what_is_asked_for_and_is_not_there_is_told_at_its_place_with_what_was_meant() {
    let mut cases = 0;
    for (document, said, place) in [
        ("{ lst { id } }", "no field `lst` on the type `Query`. Did you mean `list`?", (1, 3)),
        ("{ list { id txt } }", "no field `txt` on the type `Item`. Did you mean `text`", (1, 13)),
        ("{ list {\n  ttext } }", "no field `ttext` on the type `Item`. Did you mean `text`?", (2, 3)),
        ("query($n: Int) { list { txt(length: $n) } }", "no field `txt`", (1, 25)),
        ("{ list }", "`list` is of type `[Item!]!`: say which of its fields you want, as in `list { … }`.", (1, 3)),
        ("{ list { id { a } } }", "`id` is of type `ID!`, a value without fields.", (1, 10)),
        ("{ find { id } }", "`filter` of `find` of type `Filter!` was not given.", (1, 3)),
        ("{ list(frist: 1) { id } }", "`frist` of `list` is none that `list` takes. Did you mean `first`?", (1, 8)),
        ("{ list { ... on Itm { id } } }", "no type `Itm` that has fields. Did you mean `Item`?", (1, 17)),
        ("{ list { ... on Sort { id } } }", "no type `Sort` that has fields.", (1, 17)),
        ("{ list { ...Fiel } } fragment Field on Item { id }", "no fragment `Fiel`. Write it, or", (1, 13)),
    ] {
        let told = faults(document, json!({}));
        assert_eq!(told.len(), 1, "one fault, and none that follows from it: {told:?}");
        assert!(told[0].0.contains(said), "{}", told[0].0);
        assert_eq!(told[0].1, place, "{document}");
        assert_eq!(refusal(document, json!({})).0, Code::GraphqlValidationFailed);
        cases += 1;
    }
    assert_eq!(cases, 11);
    let several = faults("query($n: Int, $n: Int) { lst { id } list(first: true) { txt } }", json!({}));
    let places: Vec<_> = several.iter().map(|(_, place)| *place).collect();
    assert_eq!(places, [(1, 16), (1, 27), (1, 50), (1, 58)], "{several:?}");
}

#[test]
fn no_text_holds_a_nul() {
    let document = "query($t: String, $a: Any) { list(after: $t) { id } any(value: $a) }";
    for sent in [json!({ "t": "a\0b" }), json!({ "a": { "b": ["\0"] } }), json!({ "a": { "\0": 1 } })] {
        let (code, message) = refusal(document, sent);
        assert_eq!(code, Code::BadUserInput);
        assert!(message.contains("NUL"), "{message}");
    }
    let (code, message) = refusal(r#"{ any(value: { a: "\u0000" }) }"#, json!({}));
    assert_eq!((code, message.contains("NUL")), (Code::BadUserInput, true));
}

#[test]
fn long_values_do_not_stand_in_many_places() {
    let document = format!("query($t: String!) {{ list(tags: [{}]) {{ id }} }}", "$t ".repeat(100));
    assert!(run(&document, json!({ "t": "x".repeat(1_000) })).is_ok());
    assert_eq!(refusal(&document, json!({ "t": "x".repeat(90_000) })).0, Code::TooComplex);
}

#[test]
fn names_are_told_at_a_length_that_can_be_read() {
    let name = "x".repeat(20_000);
    refusal(&format!("query(${name}: Int) {{ list {{ id }} }}"), json!({}));
    refusal(&format!("query($v: {name}) {{ list(first: $v) {{ id }} }}"), json!({}));
    refusal("query($f: Filter!) { find(filter: $f) { id } }", json!({ "f": { name.as_str(): 1, "word": "a" } }));
    refusal("query($s: Sort!) { list(sort: $s) { id } }", json!({ "s": name }));
}

#[test]
fn written_out_a_variable_without_a_value_leaves_nothing_behind() {
    let document = parse_query(
        "query Q($n: Int, $w: String!, $c: Int, $x: Boolean = true, $t: String) {
           list(first: $n, tags: [$w, $t]) @skip(if: $x) { ...F }
           find(filter: { word: $w, count: $c }) { ...F }
         }
         query R { list { id } }
         fragment F on Item { text(length: $n) }",
    )
    .expect("parses");
    let Json::Object(values) = json!({ "w": "a", "x": true }) else { unreachable!() };
    let written = format!("{:?}", written_out(&document, Some("Q"), &values, &types()).document);
    assert!(
        !written.contains("Variable(") && !written.contains("\"first\"") && !written.contains("\"count\""),
        "{written}"
    );
    assert!(!written.contains("\"length\"") && !written.contains("\"R\""), "{written}");
    assert!(written.contains("List([String(\"a\"), Null])") && written.contains("Boolean(true)"), "{written}");
}

#[test]
fn what_may_come_to_nothing_is_kept() {
    let kept = |text: &str| {
        let document = parse_query(text).expect(text);
        written_out(&document, None, &Map::new(), &types()).kept
    };
    for sure in [
        "{ list { id } }",
        "{ list { ...F } } fragment F on Item { ... { id } }",
        "{ list { id @skip(if: true) text } }",
    ] {
        assert!(!kept(sure), "{sure}");
    }
    for unsure in [
        "{ list @skip(if: true) { id } }",
        "{ list { id @include(if: false) } }",
        "{ list { ...F } } fragment F on Other { id }",
        "{ list { ... @skip(if: true) { id } } }",
    ] {
        assert!(kept(unsure), "{unsure}");
    }
    let mut data = async_graphql::value!({ "list": [{ "__kept": "Item" }, null], "__kept": "Query" });
    taken_out(&mut data);
    assert_eq!(data, async_graphql::value!({ "list": [{}, null] }));
}

#[test]
fn in_what_is_skipped_null_stands_for_nothing_that_would_not_fit() {
    let document = parse_query(
        "query($w: String = \"x\", $n: Int, $s: Boolean!) {
           find(filter: { word: $w, count: $n }) @skip(if: $s) { id }
           list(first: $n) @skip(if: $s) { id }
         }",
    )
    .expect("parses");
    let Json::Object(values) = json!({ "w": null, "n": null, "s": true }) else { unreachable!() };
    let written = format!("{:?}", written_out(&document, None, &values, &types()).document);
    assert!(!written.contains("Null") && written.contains("String(\"x\")"), "{written}");
}

/// Texts of a client's that would end the quotes of a message, or open new ones.
const QUOTING: [&str; 8] = ["x`1", "`", "x\"1", "\"", "a`b`c`d", "`\"`", "x`, which `One`", "x\n`y"];

#[test]
fn what_a_client_wrote_ends_no_quote_of_a_message() {
    let mut cases = 0;
    for text in QUOTING {
        let mut keyed = json!({ "word": "a" });
        keyed[text] = json!(1);
        let refused = [
            ("query($v: Filter!) { find(filter: $v) { id } }", keyed),
            ("query($v: Sort!) { list(sort: $v) { id } }", json!(text)),
            ("query($v: Filter!) { find(filter: $v) { id } }", json!({ "word": "a", "sort": text })),
            (
                "query($v: Filter!) { find(filter: $v) { id } }",
                json!({ "word": "a", "and": [{ "word": text, "x`": 1 }] }),
            ),
        ];
        for (document, sent) in refused {
            let (_, message) = refusal(document, json!({ "v": sent }));
            let quoted = |quote| message.split(quote).skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(message.matches('`').count() % 2, 0, "{message}");
            assert!(matches!(message.matches('"').count(), 0 | 2), "{message}");
            assert!(quoted('`').iter().all(|name| !name.contains(". ")), "{message}");
            assert!(!message.contains('\n'), "{message}");
            cases += 1;
        }
    }
    assert_eq!(cases, QUOTING.len() * 4);
}

#[test]
fn what_would_fit_is_told_at_the_end_where_it_can_be_left_out() {
    let refused =
        |sort: Json| run("query($v: Sort!) { list(sort: $v) { id } }", json!({ "v": sort })).expect_err("a refusal");
    let unknown = refused(json!("newest"));
    assert_eq!(unknown.without_suggestion(), "The variable `$v` takes `Sort!` and got \"newest\".");
    assert!(unknown.message.ends_with(" Give it one of `NEWEST`, `OLDEST`."), "{}", unknown.message);
    let field = run("query($v: Filter!) { find(filter: $v) { id } }", json!({ "v": { "word": "a", "wrod": "a" } }));
    let field = field.expect_err("a refusal");
    assert_eq!(field.without_suggestion(), "The variable `$v` has a field `wrod`, which `Filter` has not.");
    let written = run("{ find(filter: { wrod: \"a\" }) { id } }", json!({})).expect_err("a refusal");
    assert!(!written.without_suggestion().contains("word"), "{}", written.message);
    let null = refused(Json::Null);
    assert_eq!(null.without_suggestion(), null.message, "there is nothing to leave out");
}
