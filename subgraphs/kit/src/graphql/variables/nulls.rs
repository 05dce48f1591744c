//! Nulls of variables at places that take none, in what is not skipped.

use std::collections::HashSet;

use async_graphql::parser::types::{
    BaseType, Directive, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet, Type,
};
use async_graphql::{Name, Positioned};
use async_graphql_value::Value;
use serde_json::{Map, Value as Json};

use super::place::{self, At};
use crate::Refusal;
use crate::graphql::type_system::{Definition, TypeSystem, named};

pub fn keep_out(
    values: &Map<String, Json>,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    types: &TypeSystem,
) -> Result<(), Refusal> {
    let root = types.root(operation.ty).map(Name::as_str);
    Search { values, document, types, fragments: HashSet::new() }.set(&operation.selection_set.node, root)
}

struct Search<'a> {
    values: &'a Map<String, Json>,
    document: &'a ExecutableDocument,
    types: &'a TypeSystem,
    fragments: HashSet<&'a str>,
}

impl<'a> Search<'a> {
    fn set(&mut self, set: &'a SelectionSet, parent: Option<&'a str>) -> Result<(), Refusal> {
        for selection in &set.items {
            if !self.is_wanted(selection.node.directives())? {
                continue;
            }
            match &selection.node {
                Selection::Field(field) => self.field(&field.node, parent)?,
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref();
                    let on = condition.map(|condition| condition.node.on.node.as_str()).or(parent);
                    self.set(&inline.node.selection_set.node, on)?;
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = self.document.fragments.get(name).filter(|_| self.fragments.insert(name)) {
                        let on = fragment.node.type_condition.node.on.node.as_str();
                        self.set(&fragment.node.selection_set.node, Some(on))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether `@skip` and `@include` leave a selection in.
    fn is_wanted(&self, directives: &[Positioned<Directive>]) -> Result<bool, Refusal> {
        for directive in directives {
            let name = directive.node.name.node.as_str();
            let (Some(arguments), Some(value)) = (self.types.directive(name), directive.node.get_argument("if")) else {
                continue;
            };
            let of = format!("@{name}");
            if let Some(input) = arguments.get("if") {
                let judged = self.value(&value.node, &input.ty, false, At::Argument { name: "if", of: &of });
                judged.map_err(|refused| refused.at(value.pos))?;
            }
            let condition = match &value.node {
                Value::Variable(name) => self.values.get(name.as_str()).and_then(Json::as_bool),
                Value::Boolean(condition) => Some(*condition),
                _ => None,
            };
            if matches!((name, condition), ("skip", Some(true)) | ("include", Some(false))) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn field(&mut self, field: &'a Field, parent: Option<&'a str>) -> Result<(), Refusal> {
        let name = field.name.node.as_str();
        let Some(known) = parent.and_then(|parent| self.types.field(parent, name)) else { return Ok(()) };
        for (argument, value) in &field.arguments {
            if let Some(input) = known.arguments.get(&argument.node) {
                let at = At::Argument { name: &argument.node, of: name };
                let judged = self.value(&value.node, &input.ty, input.default.is_some(), at);
                judged.map_err(|refused| refused.at(value.pos))?;
            }
        }
        self.set(&field.selection_set.node, Some(named(&known.ty)))
    }

    fn value(&self, value: &Value, ty: &Type, has_default: bool, at: At<'_>) -> Result<(), Refusal> {
        match (value, &ty.base) {
            (Value::Variable(name), _) => match self.values.get(name.as_str()) {
                Some(Json::Null) if !ty.nullable => Err(place::null(at, ty, has_default)),
                _ => Ok(()),
            },
            (Value::List(items), BaseType::List(item)) => {
                items.iter().enumerate().try_for_each(|(i, value)| self.value(value, item, false, At::Item(&at, i)))
            }
            (single, BaseType::List(item)) => self.value(single, item, false, at),
            (Value::Object(given), BaseType::Named(name)) => {
                let Some(Definition::InputObject { fields, .. }) = self.types.definition(name) else { return Ok(()) };
                given.iter().try_for_each(|(name, value)| match fields.get(name) {
                    Some(field) => self.value(value, &field.ty, field.default.is_some(), At::Field(&at, name)),
                    None => Ok(()),
                })
            }
            _ => Ok(()),
        }
    }
}
