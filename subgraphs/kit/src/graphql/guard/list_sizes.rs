//! How many items each list of a schema has, told before anybody reads them.
//!
//! The terms are those of IBM's GraphQL cost directives, which Apollo and others share. A field with an argument `first`
//! is sliced by it, in the field itself where that is a list, or in the *sized fields* of what it answers with: `nodes`
//! and `edges`, unless a rule names others. Every other list needs a rule that says its *assumed size*. A field that is
//! dearer to answer than its rows show has a *weight*.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use figment::Figment;
use figment::providers::{Format, Toml};
use serde::Deserialize;

use crate::graphql::page;
use crate::graphql::type_system::{Field, Fields, TypeSystem, item, named};

/// The argument that says how many rows to read.
const SLICING: &str = "first";
const CONNECTION: [&str; 2] = ["nodes", "edges"];
/// In place of a type's name: the field of any type.
const ANY: &str = "*";

/// The rules of one or more schemas, by type and field.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct ListSizes(BTreeMap<String, BTreeMap<String, Rule>>);

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Rule {
    AssumedSize(u64),
    Sliced(Sliced),
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sliced {
    sized_fields: Vec<String>,
    /// What the field costs beside its rows.
    #[serde(default = "light")]
    weight: u64,
}

fn light() -> u64 {
    1
}

impl ListSizes {
    /// Reads rules: a table for each type, in it the assumed size of each list, or `{ sized_fields = [..] }` for a field
    /// whose `first` says the size of lists with other names than a connection's, with its `weight` where that is not 1.
    pub fn parse(toml: &str) -> anyhow::Result<Self> {
        Figment::from(Toml::string(toml)).extract().context("the list sizes cannot be read")
    }

    fn rule(&self, parent: &str, field: &str) -> Option<&Rule> {
        let of = |parent: &str| self.0.get(parent)?.get(field);
        of(parent).or_else(|| of(ANY))
    }

    /// The size of a list that no argument says. The most that any list gives where there is no rule either.
    pub(super) fn assumed(&self, parent: &str, field: &str) -> u64 {
        match self.rule(parent, field) {
            Some(&Rule::AssumedSize(size)) => size,
            _ => u64::from(page::MOST.unsigned_abs()),
        }
    }

    /// What a field costs by itself.
    pub(super) fn weight(&self, parent: &str, field: &str) -> u64 {
        match self.rule(parent, field) {
            Some(Rule::Sliced(sliced)) => sliced.weight,
            _ => light(),
        }
    }

    /// The argument of a field that says how many rows it reads.
    pub(super) fn slicing(field: &Field) -> Option<&'static str> {
        field.arguments.get(SLICING).map(|_| SLICING)
    }

    /// Whether the slice of this field is the size of that one, in what it answers with.
    pub(super) fn sizes(&self, parent: &str, field: &str, below: &str) -> bool {
        match self.rule(parent, field) {
            Some(Rule::Sliced(sliced)) => sliced.sized_fields.iter().any(|sized| sized == below),
            _ => CONNECTION.contains(&below),
        }
    }

    /// What is missing in these rules, or too much: lists without a rule, and rules without a list. Empty where all is
    /// well. All schemas that the rules are for must be given.
    pub fn faults<'a>(&self, schemas: impl IntoIterator<Item = (&'a str, &'a TypeSystem)>) -> Vec<String> {
        let (mut faults, mut used) = (BTreeSet::new(), BTreeSet::new());
        for (schema, types) in schemas {
            for (parent, fields) in types_of(types) {
                for (name, field) in fields {
                    if item(&field.ty).is_some() && !name.starts_with('_') {
                        let fault = self.fault_of(types, parent, name, field);
                        faults.extend(fault.map(|fault| format!("{schema}: `{parent}.{name}` {fault}")));
                    }
                    used.extend(self.used_by(types, parent, name, field));
                }
            }
        }
        let rules = self.0.iter().flat_map(|(parent, rules)| rules.keys().map(move |field| (parent, field)));
        let idle = rules.filter(|(parent, field)| !used.contains(&((*parent).clone(), (*field).clone())));
        faults.extend(idle.map(|(parent, field)| format!("there is no list for the rule `{parent}.{field}`")));
        faults.into_iter().collect()
    }

    /// Why nobody could tell the size of this list.
    fn fault_of(&self, types: &TypeSystem, parent: &str, name: &str, field: &Field) -> Option<String> {
        if Self::slicing(field).is_some() || matches!(self.rule(parent, name), Some(Rule::AssumedSize(_))) {
            return None;
        }
        let all =
            types_of(types).flat_map(|(owner, fields)| fields.iter().map(move |(name, field)| (owner, name, field)));
        let leading = all.filter(|(_, _, field)| item(&field.ty).is_none() && named(&field.ty) == parent);
        let (sized, unsaid): (Vec<_>, Vec<_>) = leading
            .partition(|(owner, leading, field)| Self::slicing(field).is_some() && self.sizes(owner, leading, name));
        match (sized.is_empty(), unsaid.first()) {
            (true, _) => Some("is a list without a size: give it a rule".to_owned()),
            (false, Some((owner, leading, _))) => Some(format!(
                "is a list whose size `{owner}.{leading}` does not say: give it a `first`, or the list a rule"
            )),
            (false, None) => None,
        }
    }

    /// The rule that this field needs, if there is one.
    fn used_by(&self, types: &TypeSystem, parent: &str, name: &str, field: &Field) -> Option<(String, String)> {
        let of = |parent: &str| self.0.get(parent)?.get(name).map(|rule| (parent.to_owned(), rule));
        let (owner, rule) = of(parent).or_else(|| of(ANY))?;
        let needed = match rule {
            Rule::AssumedSize(_) => item(&field.ty).is_some() && Self::slicing(field).is_none(),
            Rule::Sliced(sliced) => {
                let answers = named(&field.ty);
                let is_list = |sized: &String| types.field(answers, sized).is_some_and(|one| item(&one.ty).is_some());
                Self::slicing(field).is_some() && sliced.sized_fields.iter().all(is_list)
            }
        };
        needed.then(|| (owner, name.to_owned()))
    }
}

/// Objects and interfaces with their fields, but for introspection's own and federation's.
fn types_of(types: &TypeSystem) -> impl Iterator<Item = (&str, &Fields)> {
    let own = types.definitions().filter(|(name, _)| !name.starts_with('_'));
    own.filter_map(|(name, definition)| Some((name.as_str(), definition.fields()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SDL: &str = "
        type Query { shelves: [Shelf!]! books(first: Int! = 20): BookConnection! find(first: Int): Found! \
            notes(first: Int! = 3): [String!]! _entities(representations: [_Any!]!): [_Entity]! }
        type Shelf { labels: [String!]! }
        type BookConnection { nodes: [Book!]! edges: [BookEdge!]! }
        type BookEdge { node: Book! }
        type Book { title: String! errors: [String!]! }
        type Found { hits: [Book!]! errors: [String!]! }
        union _Entity = Book
        scalar _Any";
    const RULES: &str = "
        Query = { shelves = 10, find = { sized_fields = [\"hits\"] } }
        Shelf.labels = 4
        \"*\".errors = 3";

    fn faults(sdl: &str, rules: &str) -> Vec<String> {
        let types = TypeSystem::parse(sdl).expect("a schema");
        ListSizes::parse(rules).expect("rules").faults([("books", &types)])
    }

    #[test]
    fn a_schema_whose_lists_all_have_a_size_has_no_faults() {
        assert_eq!(faults(SDL, RULES), [""; 0]);
    }

    #[test]
    fn a_list_without_a_rule_is_a_fault() {
        let more = SDL.replace("title: String!", "title: String! authors: [String!]!");
        assert_eq!(faults(&more, RULES), ["books: `Book.authors` is a list without a size: give it a rule"]);
        let without = |list: &str| format!("books: `{list}` is a list without a size: give it a rule");
        let unsliced = SDL.replace("(first: Int! = 20)", "");
        assert_eq!(faults(&unsliced, RULES), ["BookConnection.edges", "BookConnection.nodes"].map(without));
        assert_eq!(faults(SDL, &RULES.replace("hits", "errors")), [without("Found.hits")]);
        let half = SDL.replace("labels: [String!]!", "labels: [String!]! all: BookConnection!");
        let fault = |list| {
            format!(
                "books: `BookConnection.{list}` is a list whose size `Shelf.all` does not say: give it a `first`, or the list a rule"
            )
        };
        assert_eq!(faults(&half, RULES), [fault("edges"), fault("nodes")]);
    }

    #[test]
    fn a_rule_for_a_list_that_is_gone_is_a_fault() {
        let idle = |rule: &str| vec![format!("there is no list for the rule `{rule}`")];
        assert_eq!(faults(&SDL.replace("labels: [String!]!", "label: String"), RULES), idle("Shelf.labels"));
        assert_eq!(faults(SDL, &format!("{RULES}\nBook.title = 1")), idle("Book.title"));
        assert_eq!(faults(SDL, &format!("{RULES}\nGone.lists = 1")), idle("Gone.lists"));
        assert_eq!(faults(&SDL.replace("errors", "mistakes"), &RULES.replace("errors", "mistakes")), [""; 0]);
        let gone = RULES.replace("hits", "misses");
        assert!(faults(SDL, &gone).contains(&"there is no list for the rule `Query.find`".to_owned()));
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for rules in ["Query.shelves = \"many\"", "Query.shelves = -1", "Query.find = { sized = [] }", "Query = 1"] {
            assert!(ListSizes::parse(rules).is_err(), "{rules}");
        }
    }
}
