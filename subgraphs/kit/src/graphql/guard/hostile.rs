//! Documents that must be refused quickly, and some that must not be refused. The same lists go to every door.

use super::Limits;

/// Limits to test with: those of the edge.
pub fn limits() -> Limits {
    Limits {
        body_bytes: 100_000,
        query_bytes: 32_768,
        tokens: 3_000,
        nesting: 32,
        depth: 15,
        aliases: 30,
        root_fields: 20,
        directives: 50,
        operations: 10,
        selections: 500,
        cost: 10_000,
        alone: vec!["signIn".to_owned(), "redeem".to_owned()],
    }
}

/// What GraphiQL asks first, from graphql-js 16 with all its options but the experimental one. The deepest document that tools send.
pub const INTROSPECTION: &str = include_str!("hostile/introspection.graphql");

/// Named documents, each refused by the edge's limits, whatever the schema.
pub fn hostile_documents() -> Vec<(&'static str, String)> {
    let doubling = |n: usize| -> String {
        (0..n).map(|i| format!("fragment F{i} on Query {{ ...F{next} ...F{next} }} ", next = i + 1)).collect()
    };
    let chain = |n: usize| -> String {
        (0..n).map(|i| format!("fragment F{i} on Query {{ ...F{} }} ", i + 1)).collect::<String>()
            + &format!("fragment F{n} on Query {{ __typename }}")
    };
    let each = |n: usize, one: &dyn Fn(usize) -> String| (0..n).map(one).collect::<Vec<_>>().join(" ");
    let nest = |open: &str, inner: &str, close: &str, n: usize| open.repeat(n) + inner + &close.repeat(n);
    let aliased = each(31, &|i| format!("a{i}: __typename"));
    let last = "fragment F30 on Query { __typename }";
    vec![
        // Fragments
        ("thirty fragments that double", format!("{{ ...F0 }} {}{last}", doubling(30))),
        ("thirty unused fragments that double", format!("{{ __typename }} {}{last}", doubling(30))),
        ("a chain of six hundred fragments", format!("{{ ...F0 }} {}", chain(600))),
        ("a chain spread from its end", format!("{{ {} }} {}", each(60, &|i| format!("...F{}", 60 - i)), chain(60))),
        ("an unused chain of fragments", format!("{{ __typename }} {}", chain(200))),
        ("a fragment that spreads itself", "{ ...A } fragment A on Query { __typename ...A }".into()),
        ("two fragments in a circle", "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }".into()),
        ("an unused circle", "{ __typename } fragment A on Query { ...B } fragment B on Query { ...A }".into()),
        ("a circle through fields", "{ ...A } fragment A on Query { a { b { ... on Query { ...A } } } }".into()),
        ("a fragment defined twice", "{ ...A } fragment A on Query { a } fragment A on Query { b }".into()),
        // Width
        ("aliases of one field", format!("{{ {aliased} }}")),
        ("aliases behind fragments", {
            let spreads = "...A ".repeat(4);
            format!("{{ a {{ {spreads} }} }} fragment A on Query {{ {} }}", each(10, &|i| format!("a{i}: a")))
        }),
        ("one field a thousand times", format!("{{ {} }}", "__typename ".repeat(1_000))),
        ("many fields in inline fragments", format!("{{ a {{ {} }} }}", "... { a } ".repeat(300))),
        (
            "many root fields in a fragment",
            format!("{{ ...A }} fragment A on Query {{ {} }}", each(21, &|i| format!("f{i}"))),
        ),
        ("directives on one field", format!("{{ __typename {} }}", "@include(if: true) ".repeat(51))),
        ("unknown directives", format!("{{ __typename {} }}", "@x".repeat(1_400))),
        ("directives on variables", format!("query({}) {{ a }}", each(60, &|i| format!("$v{i}: Int @x")))),
        ("many arguments", format!("{{ a({}) }}", each(1_000, &|i| format!("x{i}: 1")))),
        ("many variables", format!("query({}) {{ a }}", each(800, &|i| format!("$v{i}: Int")))),
        ("many operations", each(11, &|i| format!("query Q{i} {{ __typename }}"))),
        ("many wide operations", each(10, &|i| format!("query Q{i} {{ a {{ {} }} }}", "a ".repeat(501)))),
        // Depth
        ("deep fields", nest("{ a ", "", "}", 17)),
        ("deep inline fragments", nest("{ ... ", "{ a }", "}", 40)),
        ("open braces", "{".repeat(32_000)),
        ("open braces with fields", "{a".repeat(10_000)),
        ("deep lists", format!("{{ a(x: {}) }}", nest("[", "", "]", 10_000))),
        ("deep objects", format!("{{ a(x: {}) }}", nest("{a:", "1", "}", 5_000))),
        ("deep objects in lists", format!("{{ a(x: {}) }}", nest("[{a:", "1", "}]", 3_000))),
        ("deep list types", format!("query($v: {}) {{ a }}", nest("[", "Int", "]", 10_000))),
        ("a deep default", format!("query($v: Int = {}) {{ a }}", nest("[", "", "]", 10_000))),
        ("a deep argument of a directive", format!("{{ a @x(x: {}) }}", nest("[", "", "]", 10_000))),
        ("open parentheses", format!("{{ a{} }}", "(a:".repeat(5_000))),
        ("bangs without end", format!("query($v: Int{}) {{ a }}", "!".repeat(20_000))),
        // Length
        ("forty thousand commas", format!("{{ __typename {} }}", ",".repeat(40_000))),
        ("a long comment", format!("# {}\n{{ __typename }}", "x".repeat(33_000))),
        ("a long name", format!("{{ {} }}", "a".repeat(33_000))),
        ("a long string", format!("{{ a(x: \"{}\") }}", "x".repeat(33_000))),
        ("a long list of numbers", format!("{{ a(x: [{}]) }}", "1 ".repeat(10_000))),
        ("a string of line ends", format!("{{ a(x: \"\"\"{}\"\"\") }}", "\n".repeat(33_000))),
        // Text
        ("a string without an end", "{ a(x: \"".to_owned() + &"\\\"".repeat(10_000)),
        ("a block string without an end", "{ a(x: \"\"\"".to_owned() + &"\\\"\"\"".repeat(5_000)),
        ("quotation marks", format!("{{ a(x: {}) }}", "\"".repeat(9_999))),
        ("a surrogate in a string", "{ a(x: \"\\uD800\") }".into()),
        ("a zero byte", "{ a\u{0} }".into()),
        ("a name in another alphabet", "{ \u{43d}\u{430}\u{437}\u{432}\u{430} }".into()),
        ("direction marks", "{ a\u{202e} }".into()),
        ("a byte order mark in a name", "{ a\u{feff}b(\u{feff}) }".into()),
        ("a number without end", format!("{{ a(x: 1e{}) }}", "9".repeat(20_000))),
        ("nothing", String::new()),
        ("only spaces", " ".repeat(1_000)),
        ("only dots", ".".repeat(8_000)),
        // Introspection
        ("fields of types of fields", {
            let bomb = nest("fields { type { ", "name", "} }", 6);
            format!("{{ __schema {{ types {{ {bomb} }} }} }}")
        }),
        ("two levels of fields", "{ __type(name: \"Query\") { fields { type { fields { name } } } } }".into()),
        ("possible types behind a fragment", {
            let fragment = "fragment A on __Type { interfaces { possibleTypes { name } } }";
            format!("{{ __schema {{ types {{ ...A }} }} }} {fragment}")
        }),
        ("every type thirty times", {
            let types = each(31, &|i| format!("t{i}: types {{ fields {{ name }} }}"));
            format!("{{ __schema {{ {types} }} }}")
        }),
    ]
}
