//! The values that came with a request, made fit for their types: input coercion as the specification has it for JSON.

use async_graphql::parser::types::{BaseType, Type};
use serde_json::{Map, Number, Value};

use super::place::{self, At};
use crate::Refused;
use crate::type_system::{Definition, InputValues, TypeSystem};

/// The value as its type has it: `1.0` for an `Int` is 1, one value for a list is a list of one, and what an input
/// object leaves out has its default. Values of the schema's own scalars pass as they are.
pub fn coerce(given: Value, ty: &Type, at: At<'_>, types: &TypeSystem) -> Result<Value, Refused> {
    if given.is_null() {
        return if ty.nullable { Ok(given) } else { Err(place::null(at, ty, false)) };
    }
    match (&ty.base, given) {
        (BaseType::List(item), Value::Array(items)) => {
            let each = items.into_iter().enumerate().map(|(i, value)| coerce(value, item, At::Item(&at, i), types));
            each.collect::<Result<_, _>>().map(Value::Array)
        }
        (BaseType::List(item), single) => Ok(Value::Array(vec![coerce(single, item, at, types)?])),
        (BaseType::Named(name), given) => match types.definition(name) {
            Some(Definition::InputObject { fields, one_of }) => {
                let Value::Object(given) = given else { return Err(place::mistyped(at, ty, &kind(&given))) };
                object(given, (name, fields, *one_of), at, types)
            }
            Some(Definition::Enum { values }) => match given {
                Value::String(given) if values.iter().any(|value| *value == given) => Ok(Value::String(given)),
                other => {
                    let got = match &other {
                        Value::String(given) => format!("\"{}\"", place::brief(given)),
                        other => kind(other),
                    };
                    Err(place::unknown_value(at, ty, &got, values.iter().map(|value| value.as_str())))
                }
            },
            _ => scalar(given, name, at, ty),
        },
    }
}

fn scalar(given: Value, name: &str, at: At<'_>, ty: &Type) -> Result<Value, Refused> {
    let fits = match (name, &given) {
        ("Int", Value::Number(number)) => int(number).map(Value::from),
        ("ID", Value::Number(number)) => id(number).map(Value::from),
        ("Int", _) => None,
        ("Float", Value::Number(_)) | ("Boolean", Value::Bool(_)) => Some(given.clone()),
        ("Float" | "Boolean", _) => None,
        ("String" | "ID", Value::String(text)) if text.contains('\0') => return Err(place::holds_nul(at)),
        ("String" | "ID", Value::String(_)) => return Ok(given),
        ("String" | "ID", _) => None,
        _ if has_nul(&given) => return Err(place::holds_nul(at)),
        _ => return Ok(given),
    };
    fits.ok_or_else(|| place::mistyped(at, ty, &kind(&given)))
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
    mut given: Map<String, Value>,
    (name, fields, one_of): (&str, &InputValues, bool),
    at: At<'_>,
    types: &TypeSystem,
) -> Result<Value, Refused> {
    if one_of && !(given.len() == 1 && given.values().all(|value| !value.is_null())) {
        return Err(place::not_one(at, name));
    }
    let mut coerced = Map::new();
    for (field, of) in fields.iter() {
        let at = At::Field(&at, field);
        let value = match (given.remove(field.as_str()), &of.default) {
            (Some(Value::Null), default) if !of.ty.nullable => return Err(place::null(at, &of.ty, default.is_some())),
            (Some(given), _) => coerce(given, &of.ty, at, types)?,
            (None, Some(default)) => super::json(default.clone()),
            (None, None) if of.is_required() => return Err(place::missing(at, &of.ty)),
            (None, None) => continue,
        };
        coerced.insert(field.to_string(), value);
    }
    match given.keys().next() {
        Some(unknown) => Err(place::unknown_field(at, name, unknown, fields.iter().map(|(field, _)| field.as_str()))),
        None => Ok(Value::Object(coerced)),
    }
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
