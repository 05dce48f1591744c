//! Values as a document writes them, held against the types of their places.

use async_graphql::parser::types::{BaseType, Type};
use async_graphql_value::Value;

use super::place::{self, At};
use super::uses::Walk;
use crate::graphql::type_system::{Definition, InputValues, Scalar};

impl<'a> Walk<'a> {
    /// A value at a place that takes `ty`, and does without where `has_default`.
    pub fn value(&mut self, value: &'a Value, ty: &Type, has_default: bool, at: At<'_>) {
        match (value, &ty.base) {
            (Value::Variable(name), _) => self.variable(name, Some((ty, has_default)), at),
            (Value::Null, _) if ty.nullable => {}
            (Value::Null, _) => self.faults.add(|| place::null(at, ty, has_default)),
            (Value::List(items), BaseType::List(item)) => {
                for (i, value) in items.iter().enumerate() {
                    self.value(value, item, false, At::Item(&at, i));
                }
            }
            (single, BaseType::List(item)) => self.value(single, item, false, at),
            (value, BaseType::Named(name)) => match self.types.definition(name) {
                Some(Definition::InputObject { fields, one_of }) => self.object(value, (ty, fields, *one_of), at),
                Some(Definition::Enum { values }) => match value {
                    Value::Enum(given) if values.contains(given) => {}
                    other => self.faults.add(|| {
                        let (got, written) = match other {
                            Value::Enum(given) => (format!("`{}`", place::brief(given)), Some(given.as_str())),
                            Value::String(text) => {
                                ("a string: write it without quotation marks".to_owned(), Some(text.as_str()))
                            }
                            other => (kind(other), None),
                        };
                        place::unknown_value(at, ty, &got, written, values.iter().map(|value| value.as_str()))
                    }),
                },
                _ => self.scalar(value, (name, ty), at),
            },
        }
    }

    fn scalar(&mut self, value: &'a Value, (name, ty): (&str, &Type), at: At<'_>) {
        // What holds a variable is judged with its value, where that is known.
        let fits = |scalar: &Scalar| value.clone().into_const().is_none_or(|value| scalar.takes(value));
        match self.types.scalar(name) {
            Some(scalar) if !fits(scalar) => {
                let got = match value {
                    Value::String(text) => format!("\"{}\"", place::brief(text)),
                    other => kind(other),
                };
                self.faults.add(|| place::mistyped(at, ty, &got, scalar.expected()));
            }
            None if !scalar_fits(value, name) => {
                self.faults.add(|| place::mistyped(at, ty, &kind(value), place::expected(name)));
            }
            _ => self.anything(value, at),
        }
    }

    fn object(&mut self, value: &'a Value, (ty, fields, one_of): (&Type, &InputValues, bool), at: At<'_>) {
        let Value::Object(given) = value else {
            self.faults.add(|| place::mistyped(at, ty, &kind(value), place::AN_OBJECT));
            return;
        };
        let kind = ty.base.to_string();
        if one_of && !(given.len() == 1 && given.values().all(|value| *value != Value::Null)) {
            self.faults.add(|| place::not_one(at, &kind));
            return;
        }
        for (name, value) in given {
            match fields.get(name) {
                Some(field) => self.value(value, &field.ty, field.default.is_some(), At::Field(&at, name)),
                None => {
                    let known = fields.iter().map(|(field, _)| field.as_str());
                    self.faults.add(|| place::unknown_field(at, &kind, name, known));
                    self.anything(value, at);
                }
            }
        }
        for (name, field) in fields.iter().filter(|(name, field)| field.is_required() && !given.contains_key(*name)) {
            self.faults.add(|| place::missing(At::Field(&at, name), &field.ty));
        }
    }

    /// A value at a place whose type says nothing of what is inside.
    pub fn anything(&mut self, value: &'a Value, at: At<'_>) {
        match value {
            Value::Variable(name) => self.variable(name, None, at),
            Value::String(text) if text.contains('\0') => self.faults.add(|| place::holds_nul(at)),
            Value::List(items) => items.iter().for_each(|value| self.anything(value, at)),
            Value::Object(fields) => fields.values().for_each(|value| self.anything(value, at)),
            _ => {}
        }
    }
}

/// Whether a scalar takes a value that is not null, as written. The schema's own scalars judge for themselves.
fn scalar_fits(value: &Value, name: &str) -> bool {
    match name {
        "Int" => match value {
            Value::Number(number) => number.as_i64().is_some_and(|int| i32::try_from(int).is_ok()),
            _ => false,
        },
        "Float" => matches!(value, Value::Number(_)),
        "Boolean" => matches!(value, Value::Boolean(_)),
        "String" => matches!(value, Value::String(_)),
        "ID" => match value {
            Value::Number(number) => number.is_i64() || number.is_u64(),
            other => matches!(other, Value::String(_)),
        },
        _ => true,
    }
}

fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Number(number) => format!("the number {}", place::brief(&number.to_string())),
        Value::Enum(name) => format!("the name `{}`", place::brief(name)),
        Value::List(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        _ => "a string".to_owned(),
    }
}
