//! Operations with variables, made by chance from a schema's types. One seed makes one case, always the same.

use std::collections::BTreeSet;

use async_graphql::Name;
use async_graphql::parser::types::{BaseType, OperationType, Type};
use kit::graphql::type_system::{Definition, Field, InputValues, TypeSystem, named};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value, json};

use super::values::{TEXTS, quoted};

/// A request, and what is remarkable in it.
#[derive(Debug)]
pub struct Case {
    pub query: String,
    pub variables: Map<String, Value>,
    pub kinds: BTreeSet<&'static str>,
}

pub fn case(types: &TypeSystem, seed: u64) -> Case {
    let mut rng = StdRng::seed_from_u64(seed);
    let faults = usize::from(rng.random_bool(0.35));
    let mut making = Making {
        types,
        rng,
        faults,
        declared: Vec::new(),
        sent: Map::new(),
        fragments: Vec::new(),
        kinds: BTreeSet::new(),
        aliases: 0,
    };
    let operation = if making.chance(0.25) { OperationType::Mutation } else { OperationType::Query };
    if operation == OperationType::Mutation {
        making.kinds.insert("a mutation");
    }
    let root = types.root(operation).expect("both roots are there").clone();
    let mut set = making.set(&root, 4);
    if making.chance(0.05) {
        set.push_str(" } }");
        making.kinds.insert("wrong: a bracket");
    }
    if making.fault(0.03, "wrong: an unused variable") {
        making.declared.push(("unused".to_owned(), "$unused: Int".to_owned()));
    }
    if making.chance(0.1) {
        making.sent.insert("undeclared".to_owned(), json!({ "a": 1 }));
        making.kinds.insert("a value of no variable");
    }
    let Making { declared, sent, fragments, kinds, .. } = making;
    let declared: Vec<_> = declared.into_iter().map(|(_, text)| text).collect();
    let declared = if declared.is_empty() { String::new() } else { format!("({})", declared.join(", ")) };
    let query = format!("{operation} Q{declared} {set} {}", fragments.join(" "));
    Case { query, variables: sent, kinds }
}

pub struct Making<'t> {
    pub types: &'t TypeSystem,
    pub rng: StdRng,
    /// How many more things may be wrong.
    faults: usize,
    /// Name and whole declaration.
    declared: Vec<(String, String)>,
    sent: Map<String, Value>,
    fragments: Vec<String>,
    pub kinds: BTreeSet<&'static str>,
    aliases: usize,
}

impl Making<'_> {
    pub fn chance(&mut self, of: f64) -> bool {
        self.rng.random_bool(of)
    }

    /// Whether to do this wrong thing here. At most one is done in a request, so that each error has one cause.
    pub fn fault(&mut self, of: f64, kind: &'static str) -> bool {
        let wrong = self.faults > 0 && self.chance(of);
        if wrong {
            self.faults -= 1;
            self.kinds.insert(kind);
        }
        wrong
    }

    fn set(&mut self, parent: &str, depth: usize) -> String {
        let mut selections = Vec::new();
        let many = self.rng.random_range(1..=3);
        for _ in 0..many {
            selections.push(self.selection(parent, depth));
        }
        if self.fault(0.02, "wrong: an unknown field") {
            selections.push("unheardOf".to_owned());
        }
        format!("{{ {} }}", selections.join(" "))
    }

    fn selection(&mut self, parent: &str, depth: usize) -> String {
        let types = self.types;
        let concrete: &[&str] = if matches!(parent, "Node" | "Thing") { &["Book", "Film", "Node"] } else { &[] };
        if self.chance(0.1) {
            let directives = self.directives();
            return format!("{}__typename{directives}", self.alias(0.5));
        }
        let of_union = types.definition(parent).is_some_and(|definition| definition.fields().is_none());
        if depth > 1 && (of_union || self.chance(0.2)) {
            let on = *concrete.choose(&mut self.rng).unwrap_or(&parent);
            if concrete.contains(&on) {
                self.kinds.insert("an interface or union");
            }
            return self.fragment(on, depth);
        }
        let mut fields: Vec<(&Name, &Field)> =
            types.definition(parent).and_then(Definition::fields).into_iter().flatten().collect();
        fields.retain(|(_, field)| depth > 1 || is_leaf(types, &field.ty));
        fields.sort_by_key(|(name, _)| name.as_str());
        let Some((name, field)) = fields.choose(&mut self.rng).copied() else { return "__typename".to_owned() };
        let arguments = self.arguments(&field.arguments);
        // With arguments it has an alias, so that no two of them meet under one name.
        let alias = self.alias(if field.arguments.iter().next().is_some() { 1.0 } else { 0.2 });
        let directives = self.directives();
        let set = if is_leaf(types, &field.ty) { String::new() } else { self.set(named(&field.ty), depth - 1) };
        format!("{alias}{name}{arguments}{directives} {set}")
    }

    fn alias(&mut self, of: f64) -> String {
        if !self.chance(of) {
            return String::new();
        }
        self.aliases += 1;
        self.kinds.insert("an alias");
        format!("a{}: ", self.aliases)
    }

    fn fragment(&mut self, on: &str, depth: usize) -> String {
        let directives = self.directives();
        let set = self.set(on, depth - 1);
        if self.chance(0.5) {
            return format!("... on {on}{directives} {set}");
        }
        self.kinds.insert("a fragment");
        let name = format!("F{}", self.fragments.len());
        self.fragments.push(format!("fragment {name} on {on} {set}"));
        format!("...{name}{directives}")
    }

    fn directives(&mut self) -> String {
        if !self.chance(0.15) {
            return String::new();
        }
        let name = if self.chance(0.5) { "skip" } else { "include" };
        let condition = self.value(&Type::new("Boolean!").expect("a type"), false);
        if condition.starts_with('$') {
            self.kinds.insert("a condition by variable");
        }
        format!(" @{name}(if: {condition})")
    }

    fn arguments(&mut self, arguments: &InputValues) -> String {
        let mut given = Vec::new();
        for (name, argument) in arguments.iter() {
            let left_out =
                if argument.is_required() { self.fault(0.02, "wrong: a missing argument") } else { self.chance(0.6) };
            if !left_out {
                let value = self.value(&argument.ty, argument.default.is_some());
                given.push(format!("{name}: {value}"));
            }
        }
        if self.fault(0.02, "wrong: an unknown argument") {
            given.push("unheardOf: 1".to_owned());
        }
        if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) }
    }

    /// A value at a place of a document: a variable, or written out.
    pub fn value(&mut self, ty: &Type, has_default: bool) -> String {
        if self.chance(0.45) { self.variable(ty, has_default) } else { self.literal(ty) }
    }

    fn variable(&mut self, place: &Type, has_default: bool) -> String {
        if self.fault(0.02, "wrong: an undeclared variable") {
            return "$undeclared".to_owned();
        }
        let with = |nullable| Type { nullable, ..place.clone() };
        let (ty, default) = match (place.nullable, self.rng.random_range(0..4)) {
            (true, 0) => (with(false), false),
            (true, 1) => (with(true), true),
            (true, _) => (with(true), false),
            (false, 0) => (with(false), true),
            (false, 1) => (with(true), true),
            (false, 2) if has_default => (with(true), false),
            (false, _) => (with(false), false),
        };
        let wrong_place = self.fault(0.03, "wrong: a variable of another type");
        let name = format!("v{}", self.declared.len());
        let mut declaration =
            format!("${name}: {}", if wrong_place { "[Boolean!]".to_owned() } else { ty.to_string() });
        self.declared.push((name.clone(), String::new()));
        if default && !wrong_place {
            // The default of a nullable variable at a place that takes no null must not be null.
            let literal = self.constant(&with(place.nullable));
            declaration.push_str(&format!(" = {literal}"));
        }
        if let Some((_, text)) = self.declared.iter_mut().find(|(declared, _)| *declared == name) {
            *text = declaration;
        }
        self.send(&name, &ty, place, default);
        format!("${name}")
    }

    fn send(&mut self, name: &str, ty: &Type, place: &Type, default: bool) {
        let optional = ty.nullable || default;
        if !optional && self.fault(0.05, "wrong: a required variable not sent") {
            return;
        }
        if optional && self.chance(0.4) {
            self.kinds.insert(if default { "a default of a variable" } else { "a variable not sent" });
            return;
        }
        let sent = if ty.nullable && self.chance(0.25) {
            self.kinds.insert(if place.nullable {
                "a variable sent as null"
            } else {
                "null for a place that takes none"
            });
            Value::Null
        } else {
            self.sent_value(&Type { nullable: false, ..ty.clone() })
        };
        self.sent.insert(name.to_owned(), sent);
    }

    /// A text as a document writes it.
    pub fn text(&mut self) -> String {
        let text = *TEXTS.choose(&mut self.rng).expect("there are some");
        let form = self.rng.random_range(0..4);
        if form < 2 && text.chars().any(|character| character.len_utf16() == 2) {
            self.kinds.insert("an escaped surrogate pair");
        }
        quoted(text, form)
    }
}

fn is_leaf(types: &TypeSystem, ty: &Type) -> bool {
    matches!(types.definition(named(ty)), Some(Definition::Scalar | Definition::Enum { .. }))
}

pub fn item_of(ty: &Type) -> Option<&Type> {
    match &ty.base {
        BaseType::List(item) => Some(item),
        BaseType::Named(_) => None,
    }
}
