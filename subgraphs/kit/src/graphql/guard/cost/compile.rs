use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned};
use async_graphql_value::{ConstValue, Value};

use super::expression::{Condition, Expression, Given, Node, Size, asked};
use crate::graphql::guard::list_sizes::ListSizes;
use crate::graphql::page;
use crate::graphql::type_system::{self, TypeSystem, item, named};

/// The field with which a router asks for many things by their keys, and the argument that holds the keys.
const BY_KEYS: (&str, &str) = ("_entities", "representations");
const MOST: u64 = page::MOST.unsigned_abs() as u64;

/// Makes the expression of one operation.
pub(super) struct Compiling<'a> {
    pub types: &'a TypeSystem,
    pub sizes: &'a ListSizes,
    pub document: &'a ExecutableDocument,
    pub operation: &'a OperationDefinition,
}

/// Where a selection stands.
#[derive(Clone)]
struct Place<'a> {
    /// The type that is selected from, as far as the schema knows it.
    parent: &'a str,
    /// Whether the fragments around it are left out.
    conditions: Vec<Condition>,
    /// The field whose slice says how many items some lists here have: its type, its name, its slice.
    sliced: Option<(&'a str, &'a str, Size)>,
}

impl<'a> Compiling<'a> {
    pub fn whole(&self) -> Expression {
        let parent = self.types.root(self.operation.ty).map_or("", |root| root.as_str());
        let mut nodes = Vec::new();
        let place = Place { parent, conditions: Vec::new(), sliced: None };
        self.set(&self.operation.selection_set.node, &place, &mut nodes);
        Expression(nodes)
    }

    /// Adds the fields of a selection set, those of fragments among them.
    fn set(&self, set: &'a SelectionSet, place: &Place<'a>, nodes: &mut Vec<Node>) {
        for selection in &set.items {
            let Some(conditions) = self.conditions(selection.node.directives()) else { continue };
            let mut place = place.clone();
            place.conditions.extend(conditions);
            let (on, inner) = match &selection.node {
                Selection::Field(field) => {
                    nodes.push(self.field(&field.node, place));
                    continue;
                }
                Selection::InlineFragment(inline) => {
                    (inline.node.type_condition.as_ref(), &inline.node.selection_set.node)
                }
                Selection::FragmentSpread(spread) => {
                    // One that is not there costs nothing: validation names it.
                    let name = &spread.node.fragment_name.node;
                    let Some(fragment) = self.document.fragments.get(name) else { continue };
                    (Some(&fragment.node.type_condition), &fragment.node.selection_set.node)
                }
            };
            if let Some(on) = on {
                place.parent = on.node.on.node.as_str();
            }
            self.set(inner, &place, nodes);
        }
    }

    fn field(&self, field: &'a Field, place: Place<'a>) -> Node {
        let name = field.name.node.as_str();
        let known = self.types.field(place.parent, name);
        let (rows, items) = known.map_or((Size::Fixed(0), None), |known| self.sizes(field, known, &place));
        let mut below = Vec::new();
        if !field.selection_set.node.items.is_empty() {
            let parent = known.map_or("", |known| named(&known.ty).as_str());
            let sliced = known.and_then(ListSizes::slicing).map(|_| (place.parent, name, rows.clone()));
            let inner = Place { parent, conditions: Vec::new(), sliced };
            self.set(&field.selection_set.node, &inner, &mut below);
        }
        let weight = self.sizes.weight(place.parent, name);
        let given = given_to(field);
        Node {
            name: field.name.node.clone(),
            weight,
            conditions: place.conditions,
            given,
            rows,
            items,
            below,
            fixed: None,
        }
    }

    /// How many rows are read for a field, and how many items it has if it is a list.
    fn sizes(&self, field: &Field, known: &type_system::Field, place: &Place<'a>) -> (Size, Option<Size>) {
        let name = field.name.node.as_str();
        let is_list = item(&known.ty).is_some();
        if name == BY_KEYS.0 {
            let keys = self.argument(field, known, BY_KEYS.1, u64::MAX);
            return (keys.clone(), is_list.then_some(keys));
        }
        if let Some(argument) = ListSizes::slicing(known) {
            let rows = self.argument(field, known, argument, MOST);
            return (rows.clone(), is_list.then_some(rows));
        }
        if !is_list {
            return (Size::Fixed(0), None);
        }
        let sliced = place.sliced.as_ref();
        let size = match sliced.filter(|(parent, leading, _)| self.sizes.sizes(parent, leading, name)) {
            Some((_, _, slice)) => slice.clone(),
            // Introspection has bounds of its own (`measure`).
            None if place.parent.starts_with("__") => Size::Fixed(1),
            None => Size::Fixed(self.sizes.assumed(place.parent, name)),
        };
        (Size::Fixed(0), Some(size))
    }

    /// What an argument says: a number, or a list of so many.
    fn argument(&self, field: &Field, known: &type_system::Field, argument: &str, most: u64) -> Size {
        let unsaid = known.arguments.get(argument).and_then(|argument| argument.default.as_ref());
        let default = unsaid.map_or(most, |default| size_of(default, most));
        match field.get_argument(argument).map(|given| &given.node) {
            None => Size::Fixed(default),
            Some(Value::Variable(name)) => {
                let default = self.default_of(name).map_or(default, |value| size_of(value, most));
                Size::Variable { name: name.clone(), default, most }
            }
            Some(Value::List(list)) => Size::Fixed((list.len() as u64).min(most)),
            Some(given) => Size::Fixed(given.clone().into_const().map_or(most, |value| size_of(&value, most))),
        }
    }

    /// What must hold for these directives to leave a selection in; `None` when they leave it out in any case.
    fn conditions(&self, directives: &[Positioned<Directive>]) -> Option<Vec<Condition>> {
        let mut conditions = Vec::new();
        for directive in directives {
            let wanted = match directive.node.name.node.as_str() {
                "include" => true,
                "skip" => false,
                _ => continue,
            };
            match directive.node.get_argument("if").map(|condition| &condition.node) {
                Some(Value::Boolean(given)) if *given != wanted => return None,
                Some(Value::Variable(name)) => {
                    let default = match self.default_of(name) {
                        Some(ConstValue::Boolean(default)) => Some(*default),
                        _ => None,
                    };
                    conditions.push(Condition { variable: name.clone(), wanted, default });
                }
                _ => {}
            }
        }
        Some(conditions)
    }

    fn default_of(&self, variable: &Name) -> Option<&ConstValue> {
        let mut definitions = self.operation.variable_definitions.iter();
        let definition = definitions.find(|definition| definition.node.name.node == *variable)?;
        definition.node.default_value.as_ref().map(|default| &default.node)
    }
}

fn size_of(value: &ConstValue, most: u64) -> u64 {
    match value {
        ConstValue::Number(number) => asked(number.as_f64(), most),
        ConstValue::List(list) => (list.len() as u64).min(most),
        // A lone item stands for a list of one.
        ConstValue::Object(_) => 1,
        _ => most,
    }
}

/// What stands in the lists of a field's arguments. The keys of things are counted as items already.
fn given_to(field: &Field) -> Given {
    let mut given = Given::default();
    if field.name.node != BY_KEYS.0 {
        field.arguments.iter().for_each(|(_, value)| given.written += look(&value.node, &mut given.variables));
    }
    given
}

/// How many items stand in the lists of a value, and which variables do.
fn look(value: &Value, variables: &mut Vec<Name>) -> u64 {
    match value {
        Value::Variable(name) => {
            variables.push(name.clone());
            0
        }
        Value::List(list) => list.iter().map(|item| look(item, variables).max(1)).sum(),
        Value::Object(fields) => fields.values().map(|value| look(value, variables)).sum(),
        _ => 0,
    }
}
