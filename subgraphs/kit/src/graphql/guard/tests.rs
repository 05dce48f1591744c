use std::time::Duration;

use super::hostile::{INTROSPECTION, hostile_documents, limits};
use super::*;
use crate::testing::CpuTime;

fn with(limits: Limits) -> Guard {
    Guard::new(limits, TypeSystem::parse("type Query { a: Int }").expect("a schema"))
}

fn guard() -> Guard {
    with(limits())
}

fn refusal(document: &str) -> Refusal {
    guard().admit(document).expect_err(document)
}

#[test]
fn every_hostile_document_is_refused_at_once() {
    let guard = guard();
    for (name, document) in hostile_documents() {
        let effort = CpuTime::begin();
        let refused = guard.admit(&document);
        let took = effort.so_far();
        assert!(refused.is_err(), "{name}: admitted");
        // In a build without optimisation; without the guard some of these never return.
        assert!(took < Duration::from_millis(500), "{name}: {took:?} of work");
    }
}

#[test]
fn refusals_are_short_and_do_not_echo_the_document() {
    for (name, document) in hostile_documents() {
        let message = refusal(&document).message;
        assert!(message.len() < 300 && message.ends_with('.'), "{name}: {message}");
    }
}

#[test]
fn what_tools_and_pages_ask_is_admitted() {
    for document in [INTROSPECTION, LISTING_PAGE, "{ __typename }", "\u{feff}{ a(s: \"\"\"\n  x\n  \"\"\") }"] {
        assert_eq!(guard().admit(document).map(|_| ()), Ok(()));
    }
}

#[test]
fn each_limit_admits_what_equals_it() {
    let fields = |n: usize| (0..n).map(|i| format!("f{i} ")).collect::<String>();
    let aliases = |n: usize| (0..n).map(|i| format!("a{i}: f ")).collect::<String>();
    let cases = [
        (at(3, |limits| &mut limits.depth), "{ a { b { c } } }".into()),
        (at(4, |limits| &mut limits.aliases), format!("{{ {} }}", aliases(4))),
        (at(5, |limits| &mut limits.root_fields), format!("{{ {} }}", fields(5))),
        (at(3, |limits| &mut limits.directives), "query @a { b @c ... @d { e } }".into()),
        (at(2, |limits| &mut limits.operations), "query A { a } query B { b }".into()),
        (at(4, |limits| &mut limits.selections), "{ ...F ...F } fragment F on T { a }".into()),
        (at(3, |limits| &mut limits.nesting), "{ a { ...F } } fragment F on T { b }".into()),
        (at(4, |limits| &mut limits.nesting), "{ a(b: [{ c: 1 }]) }".into()),
        (at(8, |limits| &mut limits.tokens), "{ a(b: 1) }".into()),
        (at(5, |limits| &mut limits.query_bytes), "{ a }".into()),
    ];
    for ((fitting, tight), document) in cases {
        let document: String = document;
        assert_eq!(with(fitting).admit(&document).map(|_| ()), Ok(()), "{document}");
        assert!(with(tight).admit(&document).is_err(), "{document}");
    }
}

#[test]
fn an_alias_has_a_hundred_letters_at_most() {
    let named = |letters: usize| format!("{{ {}: f }}", "a".repeat(letters));
    assert_eq!(guard().admit(&named(100)).map(|_| ()), Ok(()));
    let refused = refusal(&named(101));
    assert_eq!(refused.code, Code::TooComplex);
    assert!(refused.message.contains("`aaaaaaaaaaaaaaaaaaaa…`"), "{}", refused.message);
}

/// Limits with one of them set to `n`, and to one less.
fn at(n: usize, which: fn(&mut Limits) -> &mut usize) -> (Limits, Limits) {
    let (mut fitting, mut tight) = (limits(), limits());
    *which(&mut fitting) = n;
    *which(&mut tight) = n - 1;
    (fitting, tight)
}

#[test]
fn a_field_that_stands_alone_fits_once_however_it_is_repeated() {
    for repeated in [
        "mutation { a: signIn b: signIn }",
        "mutation { signIn redeem }",
        "mutation { ...A ... { signIn } } fragment A on Mutation { signIn }",
        "mutation { a: signIn @skip(if: true) b: signIn }",
        "query A { a } mutation B { ...F ...F } fragment F on Mutation { redeem }",
    ] {
        assert_eq!(refusal(repeated).code, Code::TooComplex, "{repeated}");
    }
}

#[test]
fn a_field_that_stands_alone_may_stand_beside_others_and_in_other_operations() {
    for fitting in [
        "mutation { signIn other }",
        "mutation A { signIn } mutation B { signIn } query C { a }",
        "{ a { signIn signIn b: redeem } }",
    ] {
        assert_eq!(guard().admit(fitting).map(|_| ()), Ok(()), "{fitting}");
    }
}

#[test]
fn the_fields_at_the_top_are_told_with_fragments_followed() {
    let document = "query A { b: a ...F ... on Query { c } } query B { d } fragment F on Query { e { f } ...F2 } \
                    fragment F2 on Query { g }";
    let admitted = guard().admit(document).expect("fits");
    let fields = |name| admitted.root_fields(Some(name)).expect("there is such an operation");
    assert_eq!(fields("A").into_iter().collect::<Vec<_>>(), ["a", "c", "e", "g"]);
    assert_eq!(fields("B").into_iter().collect::<Vec<_>>(), ["d"]);
}

#[test]
fn the_same_document_is_judged_once() {
    let guard = guard();
    let first = guard.admit("{ a }").expect("fits");
    assert!(Arc::ptr_eq(&first, &guard.clone().admit("{ a }").expect("fits")));
}

#[test]
fn a_flood_of_documents_is_not_remembered_whole() {
    let guard = guard();
    let filler = "#".repeat(30_000);
    for i in 0..100 {
        guard.admit(&format!("{{ f{i} }} {filler}")).expect("fits");
    }
    assert!(guard.remembered.weight() <= REMEMBERED_BYTES);
}

#[test]
fn codes_tell_long_from_complex_from_malformed() {
    assert_eq!(refusal(&" ".repeat(40_000)).code, Code::TooLarge);
    assert_eq!(refusal(&"{a".repeat(40)).code, Code::TooComplex);
    assert_eq!(refusal("{ a").code, Code::GraphqlParseFailed);
    assert_eq!(refusal("{ ...A } fragment A on T { ...A }").code, Code::GraphqlValidationFailed);
}

#[test]
fn an_unknown_fragment_is_left_to_validation() {
    assert!(guard().admit("{ ...Nowhere }").is_ok());
}

/// Twenty-four cards with pictures and facets, two more strips of them, and what the reader has gathered.
const LISTING_PAGE: &str = include_str!("hostile/listing_page.graphql");
