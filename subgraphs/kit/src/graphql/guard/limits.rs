use serde::{Deserialize, Serialize};

/// What one request may ask for. There are no defaults in code: the documented defaults file has one set for the edge
/// and a wider one for the subgraphs, which see what the router made of several clients' wishes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Bytes of a request's body. URLs end at 64 kB by themselves.
    pub body_bytes: usize,
    /// Bytes of the document.
    pub query_bytes: usize,
    /// Names, numbers, strings and punctuators in the document.
    pub tokens: usize,
    /// Levels of brackets in the document, of selection sets with fragments followed, and of lists and objects in
    /// variables. Everything that recurses is bounded by it. async-graphql stops at 32 selection sets; an unoptimised
    /// parser overflows a thread's 2 MB somewhere past 300 brackets.
    pub nesting: usize,
    /// Levels of fields with fragments followed. Fragments themselves add none.
    pub depth: usize,
    /// Aliased fields of an operation, fragments expanded.
    pub aliases: usize,
    /// Fields at the top of an operation, fragments expanded.
    pub root_fields: usize,
    /// Directives of an operation, fragments expanded.
    pub directives: usize,
    /// Operations in one document.
    pub operations: usize,
    /// Fields and fragments of an operation, fragments expanded.
    pub selections: usize,
    /// What an operation may cost: see `Costs`.
    pub cost: u64,
    /// Root fields of which an operation may have one, once, fragments expanded: those that must not be tried many
    /// times with one request.
    pub alone: Vec<String>,
}
