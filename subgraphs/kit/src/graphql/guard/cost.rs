//! What an operation costs: how many values its answer may hold, and how many rows must be read for it.
//!
//! A field costs 1, or its weight, and a list as often as it has items what is selected of one. A field that is sliced (`first: 20`)
//! costs its rows besides: they are read even where only their number is asked for. Aliases count each, and fragments
//! wherever they are spread: there are few of them by now (`measure`).
//!
//! Sizes may be variables. So an operation's cost is a small expression, made once for each document, that every request
//! evaluates with its own variables.

mod compile;
mod expression;

use std::sync::Arc;

use async_graphql::parser::types::{ExecutableDocument, OperationDefinition};
use serde_json::{Map, Value};

use self::compile::Compiling;
pub(super) use self::expression::Expression;
use super::list_sizes::ListSizes;
use crate::graphql::type_system::TypeSystem;
use crate::{Code, Refusal};

/// The most names of a path that a message repeats.
const NAMES_TOLD: usize = 6;

/// What costs depend on beside the operation: the schema, and how long its lists are.
#[derive(Clone, Debug)]
pub struct Costs {
    types: Arc<TypeSystem>,
    sizes: Arc<ListSizes>,
}

impl Costs {
    pub fn new(types: Arc<TypeSystem>, sizes: Arc<ListSizes>) -> Self {
        Self { types, sizes }
    }

    /// The cost of an operation that fits the limits of `measure`. What the schema does not know costs 1: validation
    /// will name it.
    pub(super) fn of(&self, document: &ExecutableDocument, operation: &OperationDefinition) -> Expression {
        let mut whole = self.whole(document, operation);
        whole.fold();
        whole
    }

    /// The cost with every field in it, to see which costs most.
    fn whole(&self, document: &ExecutableDocument, operation: &OperationDefinition) -> Expression {
        Compiling { types: &self.types, sizes: &self.sizes, document, operation }.whole()
    }

    pub(super) fn refusal(
        &self,
        (document, operation): (&ExecutableDocument, &OperationDefinition),
        variables: &Map<String, Value>,
        cost: u64,
        budget: u64,
    ) -> Refusal {
        let whole = self.whole(document, operation);
        let costliest = whole.costliest(variables);
        let told = match costliest.len().checked_sub(NAMES_TOLD) {
            Some(left_out @ 1..) => format!("…{}", costliest[left_out..].join(".")),
            _ => costliest.join("."),
        };
        let message = format!(
            "The operation costs {cost}; at most {budget} fit in one request. Most of it is `{told}`: ask for fewer of \
             them, or for less of each."
        );
        Refusal::new(Code::TooComplex, message)
            .with("cost", cost)
            .with("budget", budget)
            .with("field", costliest.join("."))
    }
}

#[cfg(test)]
mod tests;
