//! An operation with its variables' values in their places.
//!
//! async-graphql answers null for an object of which nothing is selected, be it all skipped. So a set that may come to
//! nothing is given one field more, which [`taken_out`] takes out of the answer.

use std::collections::HashMap;

use async_graphql::parser::types::{
    Directive, DocumentOperations, ExecutableDocument, Field, FragmentDefinition, Selection, SelectionSet, Type,
};
use async_graphql::{Name, Positioned};
use async_graphql_value::{ConstValue, Value};
use serde_json::{Map, Value as Json};

use crate::graphql::type_system::{Definition, InputValues, TypeSystem, item, named};

/// The key of the field that keeps an object.
const KEPT: &str = "__kept";
/// What federation calls the entities of all types.
const ENTITY: &str = "_Entity";

/// An operation to be run, and whether [`taken_out`] must see its answer.
pub struct WrittenOut {
    pub document: ExecutableDocument,
    pub kept: bool,
}

/// The document with this operation alone, which has no variables any more: an argument or a field of an input object
/// whose variable has no value is left out, and such an item of a list is null.
pub fn written_out(
    document: &ExecutableDocument,
    operation_name: Option<&str>,
    values: &Map<String, Json>,
    types: &TypeSystem,
) -> WrittenOut {
    let whole = document.operations.iter().len() == 1;
    let mut operations = match (&document.operations, operation_name) {
        (DocumentOperations::Multiple(all), Some(name)) => {
            let chosen = all.get_key_value(name).map(|(name, operation)| (name.clone(), operation.clone()));
            DocumentOperations::Multiple(chosen.into_iter().collect())
        }
        (operations, _) => operations.clone(),
    };
    let mut writer =
        Writer { document, values, types, defaults: HashMap::new(), fragments: HashMap::new(), kept: false };
    let chosen = match &mut operations {
        DocumentOperations::Single(only) => Some(only),
        DocumentOperations::Multiple(chosen) => chosen.values_mut().next(),
    };
    if let Some(operation) = chosen {
        for definition in std::mem::take(&mut operation.node.variable_definitions) {
            let default = definition.node.default_value.map(|value| value.node.into_value());
            writer.defaults.insert(definition.node.name.node, default);
        }
        writer.directives(&mut operation.node.directives);
        let root = types.root(operation.node.ty).map(Name::as_str);
        writer.whole_set(&mut operation.node.selection_set, root);
    }
    if whole {
        // Those that nothing spreads stay, so that they are found to be unused.
        document.fragments.keys().for_each(|name| writer.fragment(name));
    }
    let fragments = writer.fragments.into_iter().filter_map(|(name, fragment)| Some((name, fragment?))).collect();
    WrittenOut { document: ExecutableDocument { operations, fragments }, kept: writer.kept }
}

/// Takes the fields that only kept their objects out of an answer.
pub fn taken_out(data: &mut ConstValue) {
    match data {
        ConstValue::Object(fields) => {
            fields.shift_remove(KEPT);
            fields.values_mut().for_each(taken_out);
        }
        ConstValue::List(items) => items.iter_mut().for_each(taken_out),
        _ => {}
    }
}

struct Writer<'a> {
    document: &'a ExecutableDocument,
    values: &'a Map<String, Json>,
    types: &'a TypeSystem,
    /// Of the operation's variables.
    defaults: HashMap<Name, Option<Value>>,
    /// `None` while it is being written.
    fragments: HashMap<Name, Option<Positioned<FragmentDefinition>>>,
    kept: bool,
}

impl Writer<'_> {
    /// What is selected of an object, and one field more where that may be nothing.
    fn whole_set(&mut self, set: &mut Positioned<SelectionSet>, parent: Option<&str>) {
        self.set(&mut set.node, parent);
        if !set.node.items.is_empty() && !self.is_sure(&set.node, parent) {
            self.kept = true;
            let field = Field {
                alias: Some(Positioned::new(Name::new(KEPT), set.pos)),
                name: Positioned::new(Name::new("__typename"), set.pos),
                arguments: Vec::new(),
                directives: Vec::new(),
                selection_set: Positioned::default(),
            };
            let field = Selection::Field(Positioned::new(field, set.pos));
            set.node.items.push(Positioned::new(field, set.pos));
        }
    }

    /// Whether at least one field is selected of any object of this type.
    fn is_sure(&self, set: &SelectionSet, parent: Option<&str>) -> bool {
        set.items.iter().any(|selection| {
            !is_skipped(selection.node.directives())
                && match &selection.node {
                    Selection::Field(_) => true,
                    // Each entity is asked for by a fragment of its own type.
                    _ if parent == Some(ENTITY) => true,
                    Selection::InlineFragment(inline) => {
                        let on = inline.node.type_condition.as_ref().map(|condition| condition.node.on.node.as_str());
                        self.is_of(parent, on) && self.is_sure(&inline.node.selection_set.node, on.or(parent))
                    }
                    Selection::FragmentSpread(spread) => {
                        let fragment = self.fragments.get(&spread.node.fragment_name.node).and_then(Option::as_ref);
                        fragment.is_some_and(|fragment| {
                            let on = Some(fragment.node.type_condition.node.on.node.as_str());
                            self.is_of(parent, on) && self.is_sure(&fragment.node.selection_set.node, on)
                        })
                    }
                }
        })
    }

    /// Whether every object of the one type is one of the other.
    fn is_of(&self, parent: Option<&str>, on: Option<&str>) -> bool {
        let (Some(on), Some(parent)) = (on, parent) else { return on.is_none() };
        on == parent
            || self.types.definition(parent).is_some_and(|parent| parent.interfaces().iter().any(|name| name == on))
    }

    fn set(&mut self, set: &mut SelectionSet, parent: Option<&str>) {
        for selection in &mut set.items {
            match &mut selection.node {
                Selection::Field(field) => {
                    self.directives(&mut field.node.directives);
                    let types = self.types;
                    let known = parent.and_then(|parent| types.field(parent, &field.node.name.node));
                    self.arguments(&mut field.node.arguments, known.map(|field| &field.arguments));
                    self.whole_set(&mut field.node.selection_set, known.map(|field| named(&field.ty).as_str()));
                }
                Selection::InlineFragment(inline) => {
                    self.directives(&mut inline.node.directives);
                    let on = inline.node.type_condition.as_ref().map(|condition| condition.node.on.node.clone());
                    let on = on.as_ref().map(Name::as_str).or(parent);
                    let set = &mut inline.node.selection_set;
                    if parent == Some(ENTITY) { self.whole_set(set, on) } else { self.set(&mut set.node, on) }
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&mut spread.node.directives);
                    self.fragment(&spread.node.fragment_name.node);
                }
            }
        }
    }

    fn fragment(&mut self, name: &Name) {
        let Some(fragment) = self.document.fragments.get(name).filter(|_| !self.fragments.contains_key(name)) else {
            return;
        };
        self.fragments.insert(name.clone(), None);
        let mut fragment = fragment.clone();
        let FragmentDefinition { type_condition, directives, selection_set } = &mut fragment.node;
        self.directives(directives);
        self.set(&mut selection_set.node, Some(type_condition.node.on.node.as_str()));
        self.fragments.insert(name.clone(), Some(fragment));
    }

    fn directives(&self, directives: &mut [Positioned<Directive>]) {
        for directive in directives {
            let known = self.types.directive(&directive.node.name.node);
            self.arguments(&mut directive.node.arguments, known);
        }
    }

    fn arguments(&self, arguments: &mut Vec<(Positioned<Name>, Positioned<Value>)>, known: Option<&InputValues>) {
        arguments.retain_mut(|(name, value)| {
            let ty = known.and_then(|known| known.get(&name.node)).map(|argument| &argument.ty);
            self.value(&mut value.node, ty)
        });
    }

    /// Whether there is a value at all.
    fn value(&self, value: &mut Value, ty: Option<&Type>) -> bool {
        match value {
            Value::Variable(name) => match (self.values.get(name.as_str()), ty) {
                // Only in what is skipped: anywhere else this was refused. What stands there must fit all the same.
                (Some(Json::Null), Some(ty)) if !ty.nullable => match self.defaults.get(name.as_str()) {
                    Some(Some(default)) => *value = default.clone(),
                    _ => return false,
                },
                (Some(given), _) => *value = constant(given),
                (None, _) => return false,
            },
            Value::List(items) => {
                let ty = ty.and_then(item);
                for item in items {
                    if !self.value(item, ty) {
                        *item = Value::Null;
                    }
                }
            }
            Value::Object(fields) => {
                // One for a list may stand as it is.
                let known = match ty.and_then(|ty| self.types.definition(named(ty))) {
                    Some(Definition::InputObject { fields, .. }) => Some(fields),
                    _ => None,
                };
                fields.retain(|name, value| {
                    let ty = known.and_then(|known| known.get(name)).map(|field| &field.ty);
                    self.value(value, ty)
                });
            }
            _ => {}
        }
        true
    }
}

/// By `@skip` and `@include` whose conditions are written out.
fn is_skipped(directives: &[Positioned<Directive>]) -> bool {
    directives.iter().any(|directive| {
        let condition = directive.node.get_argument("if").map(|value| &value.node);
        match directive.node.name.node.as_str() {
            "skip" => condition == Some(&Value::Boolean(true)),
            "include" => condition == Some(&Value::Boolean(false)),
            _ => false,
        }
    })
}

fn constant(given: &Json) -> Value {
    match given {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Boolean(*value),
        Json::Number(number) => Value::Number(number.clone()),
        Json::String(text) => Value::String(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(constant).collect()),
        Json::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (Name::new(name), constant(value))).collect())
        }
    }
}
