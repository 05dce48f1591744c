//! Variables as the GraphQL specification has them: <https://spec.graphql.org/September2025/#sec-Coercing-Variable-Values>.
//!
//! async-graphql takes a variable that was not sent for null, and does not look at a variable's default in `@skip`. So
//! it never sees one: [`judge`] looks once at what a document does with its variables, [`Declared::coerce`] makes the
//! values of a request fit their types, defaults applied, and [`written_out`] puts them in their places. There what was
//! not sent is left out, and what is null is null.

mod faults;
mod given;
mod near;
mod nulls;
mod place;
mod uses;
mod written;
mod written_out;

use std::collections::BTreeSet;

use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, Type};
use async_graphql::{Name, Pos, Value};
use serde_json::{Map, Value as Json};

use self::faults::Faults;
use self::place::At;
pub use self::uses::judge;
pub use self::written_out::{WrittenOut, taken_out, written_out};
use crate::graphql::type_system::TypeSystem;
use crate::{Code, Refusal};

/// How much text variables may come to when each stands in all its places. One text of the largest body that is put
/// into a thousand places would be a thousand bodies.
const WRITTEN_OUT_BYTES: usize = 4 << 20;

/// The variables of an operation whose document was found right.
#[derive(Clone, Debug)]
pub struct Declared {
    variables: Vec<Variable>,
    /// Variables that may be null and stand where null may not.
    nullable: BTreeSet<Name>,
}

#[derive(Clone, Debug)]
struct Variable {
    name: Name,
    /// Where it is declared.
    place: Pos,
    ty: Type,
    default: Option<Json>,
    /// In how many places of the document it stands.
    uses: usize,
}

impl Declared {
    /// The values that the operation runs with: each declared variable that was sent or has a default, and no other.
    pub fn coerce(&self, given: &Map<String, Json>, types: &TypeSystem) -> Result<Map<String, Json>, Refusal> {
        let (mut values, mut faults) = (Map::new(), Faults::default());
        let mut bytes = 0_usize;
        for Variable { name, place, ty, default, uses } in &self.variables {
            let at = At::Variable(name);
            faults.at(*place);
            let value = match (given.get(name.as_str()), default) {
                (Some(Json::Null), default) if !ty.nullable => {
                    faults.add(|| place::null(at, ty, default.is_some()));
                    continue;
                }
                (Some(value), _) => given::coerce(value, ty, at, types, &mut faults),
                (None, Some(default)) => default.clone(),
                (None, None) if ty.nullable => continue,
                (None, None) => {
                    faults.add(|| place::missing(at, ty));
                    continue;
                }
            };
            if *uses > 1 {
                bytes = bytes.saturating_add(length(&value).saturating_mul(*uses));
            }
            values.insert(name.to_string(), value);
        }
        faults.end()?;
        if bytes > WRITTEN_OUT_BYTES {
            let message = format!(
                "The variables come to {bytes} bytes in the places where they stand; at most {WRITTEN_OUT_BYTES} fit in one request. Use the longest in fewer places."
            );
            return Err(Refusal::new(Code::TooComplex, message));
        }
        Ok(values)
    }

    /// Refuses a null that a variable brings to a place that takes none.
    pub fn keep_null_out(
        &self,
        values: &Map<String, Json>,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        types: &TypeSystem,
    ) -> Result<(), Refusal> {
        let is_null = |name: &Name| values.get(name.as_str()).is_some_and(Json::is_null);
        if self.nullable.iter().any(is_null) { nulls::keep_out(values, document, operation, types) } else { Ok(()) }
    }
}

/// About as many bytes as the value takes.
fn length(value: &Json) -> usize {
    match value {
        Json::String(text) => text.len() + 2,
        Json::Array(items) => items.iter().map(length).sum::<usize>() + 2,
        Json::Object(fields) => fields.iter().map(|(name, value)| name.len() + length(value)).sum::<usize>() + 2,
        _ => 8,
    }
}

/// A constant of a schema or a document as a client would send it.
fn json(value: Value) -> Json {
    match value {
        Value::Null | Value::Binary(_) => Json::Null,
        Value::Boolean(value) => Json::Bool(value),
        Value::Number(number) => Json::Number(number),
        Value::String(text) => Json::String(text),
        Value::Enum(name) => Json::String(name.to_string()),
        Value::List(items) => Json::Array(items.into_iter().map(json).collect()),
        Value::Object(fields) => {
            Json::Object(fields.into_iter().map(|(name, value)| (name.to_string(), json(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests;
