//! The values that came with a request, made fit for their types: input coercion as the specification has it for JSON.

use async_graphql::parser::types::{BaseType, Type};
use serde_json::{Map, Number, Value};

use super::faults::Faults;
use super::place::{self, At};
use crate::graphql::type_system::{Definition, InputValues, TypeSystem};

/// The value as its type has it: `1.0` for an `Int` is 1, one value for a list is a list of one, and what an input
/// object leaves out has its default. What does not fit is null, and one of the `faults`.
pub fn coerce(given: &Value, ty: &Type, at: At<'_>, types: &TypeSystem, faults: &mut Faults) -> Value {
    if given.is_null() {
        if !ty.nullable {
            faults.add(|| place::null(at, ty, false));
        }
        return Value::Null;
    }
    match (&ty.base, given) {
        (BaseType::List(item), Value::Array(items)) => {
            let each = items.iter().enumerate();
            each.map(|(i, value)| coerce(value, item, At::Item(&at, i), types, faults)).collect()
        }
        (BaseType::List(item), single) => Value::Array(vec![coerce(single, item, at, types, faults)]),
        (BaseType::Named(name), given) => match types.definition(name) {
            Some(Definition::InputObject { fields, one_of }) => match given {
                Value::Object(given) => object(given, (name, fields, *one_of), at, types, faults),
                other => {
                    faults.add(|| place::mistyped(at, ty, &kind(other), place::AN_OBJECT));
                    Value::Null
                }
            },
            Some(Definition::Enum { values }) => match given {
                Value::String(given) if values.iter().any(|value| *value == given.as_str()) => given.as_str().into(),
                other => {
                    faults.add(|| {
                        let got = shown(other);
                        place::unknown_value(at, ty, &got, other.as_str(), values.iter().map(|value| value.as_str()))
                    });
                    Value::Null
                }
            },
            _ => scalar(given, name, at, ty, types, faults),
        },
    }
}

fn scalar(given: &Value, name: &str, at: At<'_>, ty: &Type, types: &TypeSystem, faults: &mut Faults) -> Value {
    let fits = match (name, given) {
        ("String" | "ID", Value::String(text)) if text.contains('\0') => {
            faults.add(|| place::holds_nul(at));
            return Value::Null;
        }
        ("Int", Value::Number(number)) => int(number).map(Value::from),
        ("ID", Value::Number(number)) => id(number).map(Value::from),
        ("Float", Value::Number(_)) | ("Boolean", Value::Bool(_)) | ("String" | "ID", Value::String(_)) => {
            Some(given.clone())
        }
        ("Int" | "Float" | "Boolean" | "String" | "ID", _) => None,
        _ if has_nul(given) => {
            faults.add(|| place::holds_nul(at));
            return Value::Null;
        }
        _ => match types.scalar(name) {
            Some(scalar) => {
                let fits = async_graphql::Value::from_json(given.clone()).is_ok_and(|value| scalar.takes(value));
                if !fits {
                    // A scalar of the schema's own is no secret, and what is wrong with it can be seen.
                    faults.add(|| place::mistyped(at, ty, &shown(given), scalar.expected()));
                }
                fits.then(|| given.clone())
            }
            None => Some(given.clone()),
        },
    };
    if fits.is_none() && types.scalar(name).is_none() {
        faults.add(|| place::mistyped(at, ty, &kind(given), place::expected(name)));
    }
    fits.unwrap_or_default()
}

/// 32 bits, however the number is written.
fn int(number: &Number) -> Option<i32> {
    let whole = |float: f64| {
        let fits = float.fract() == 0.0 && (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&float);
        fits.then_some(float as i32)
    };
    match number.as_i64() {
        Some(int) => i32::try_from(int).ok(),
        None => number.as_f64().and_then(whole),
    }
}

fn id(number: &Number) -> Option<String> {
    if number.is_i64() || number.is_u64() {
        return Some(number.to_string());
    }
    number.as_f64().filter(|float| float.fract() == 0.0).map(|float| format!("{:.0}", float + 0.0))
}

fn object(
    given: &Map<String, Value>,
    (name, fields, one_of): (&str, &InputValues, bool),
    at: At<'_>,
    types: &TypeSystem,
    faults: &mut Faults,
) -> Value {
    if one_of && !(given.len() == 1 && given.values().all(|value| !value.is_null())) {
        faults.add(|| place::not_one(at, name));
        return Value::Null;
    }
    let mut coerced = Map::new();
    for (field, of) in fields.iter() {
        let at = At::Field(&at, field);
        let value = match (given.get(field.as_str()), &of.default) {
            (Some(Value::Null), default) if !of.ty.nullable => {
                faults.add(|| place::null(at, &of.ty, default.is_some()));
                continue;
            }
            (Some(given), _) => coerce(given, &of.ty, at, types, faults),
            (None, Some(default)) => super::json(default.clone()),
            (None, None) if of.is_required() => {
                faults.add(|| place::missing(at, &of.ty));
                continue;
            }
            (None, None) => continue,
        };
        coerced.insert(field.to_string(), value);
    }
    for unknown in given.keys().filter(|key| fields.get(key).is_none()) {
        faults.add(|| place::unknown_field(at, name, unknown, fields.iter().map(|(field, _)| field.as_str())));
    }
    Value::Object(coerced)
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => format!("the number {}", place::brief(&number.to_string())),
        Value::String(_) => "a string".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// A value that may be told: what it is, or its text.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{}\"", place::brief(text)),
        other => kind(other),
    }
}
