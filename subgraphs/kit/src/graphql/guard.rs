//! Judges a GraphQL document before the schema sees it, in time linear in its length.
//!
//! The usual validator walks a fragment once for each way to reach it, and the parser recurses once for each bracket:
//! thirty fragments that spread each other twice, or a page of `{`, stop a whole process. So three cheap steps come
//! first, each bounded before the next one starts: count bytes and tokens (`lexer`), parse, and measure what the
//! operation asks for with each fragment measured once (`measure`). Then, for each request with its variables, how much
//! the answer may hold (`cost`).

mod admitted;
mod bomb;
mod cost;
mod escapes;
#[cfg(any(test, feature = "testing"))]
pub mod hostile;
mod lexer;
mod limits;
mod list_sizes;
mod measure;
mod parse;

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde_json::{Map, Value};

pub use async_graphql::Pos;
pub use async_graphql::parser::types::OperationType as Kind;

pub use self::admitted::{Admitted, Root};
pub use self::bomb::Bomb;
pub use self::cost::Costs;
pub use self::limits::Limits;
pub use self::list_sizes::ListSizes;
use crate::graphql::type_system::TypeSystem;
use crate::{Code, Refusal};

/// How much text of admitted documents is remembered. A parsed document takes about thirty times its text, so this
/// holds at most some 30 MB, and in practice the few hundred documents that make up nearly all traffic.
const REMEMBERED_BYTES: u64 = 1 << 20;
/// Keeps each shard of the memory far larger than the longest document, on a machine with any number of cores.
const REMEMBERED_DOCUMENTS: usize = 256;

/// Lets documents in that fit the limits. Cheap to clone: clones share their memory.
#[derive(Clone)]
pub struct Guard {
    limits: Arc<Limits>,
    types: Arc<TypeSystem>,
    /// None where no schema says what anything costs.
    costs: Option<Costs>,
    // Only what was admitted: refusing again costs little, and hostile text must not push out good documents.
    remembered: Arc<Cache<Arc<str>, Arc<Admitted>, TextLength>>,
}

impl Guard {
    /// For documents that are run on a schema with these types.
    pub fn new(limits: Limits, types: impl Into<Arc<TypeSystem>>) -> Self {
        let remembered = Cache::with_weighter(REMEMBERED_DOCUMENTS, REMEMBERED_BYTES, TextLength);
        Self { limits: Arc::new(limits), types: types.into(), costs: None, remembered: Arc::new(remembered) }
    }

    /// Refuses operations that cost more than the limits say.
    pub fn with_costs(self, costs: Costs) -> Self {
        Self { costs: Some(costs), ..self }
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Parses and measures a document, or remembers having done so.
    pub fn admit(&self, query: &str) -> Result<Arc<Admitted>, Refusal> {
        if let Some(admitted) = self.remembered.get(query) {
            return Ok(admitted);
        }
        let admitted = Arc::new(self.judge(query)?);
        let asked = if **admitted.text() == *query { Arc::clone(admitted.text()) } else { query.into() };
        self.remembered.insert(asked, Arc::clone(&admitted));
        Ok(admitted)
    }

    fn judge(&self, query: &str) -> Result<Admitted, Refusal> {
        let limits = &self.limits;
        if query.len() > limits.query_bytes {
            let message = format!(
                "The document is {} bytes long; at most {} fit in one request.",
                query.len(),
                limits.query_bytes
            );
            return Err(Refusal::new(Code::TooLarge, message));
        }
        lexer::scan(query, limits)?;
        let query = escapes::resolved(query)?;
        let document = parse::parse(&query)?;
        measure::within(&document, limits)?;
        let admitted = Admitted::new(query.as_ref().into(), document, Arc::clone(&self.types));
        Ok(match &self.costs {
            Some(costs) => admitted.with_costs(costs),
            None => admitted,
        })
    }

    /// What an operation costs with these variables, if that fits. Variables that have no value count by the defaults of the schema.
    pub fn afford(
        &self,
        admitted: &Admitted,
        operation: Option<&str>,
        variables: &Map<String, Value>,
    ) -> Result<u64, Refusal> {
        let (Some(costs), Some(expression)) = (&self.costs, admitted.cost(operation)?) else { return Ok(0) };
        let (cost, budget) = (expression.cost(variables), self.limits.cost);
        if cost <= budget {
            return Ok(cost);
        }
        Err(costs.refusal((admitted.document(), admitted.definition(operation)?), variables, cost, budget))
    }
}

#[derive(Clone)]
struct TextLength;

/// What a field in the expression of a cost takes, in bytes of text.
const NODE: usize = 5;

impl Weighter<Arc<str>, Arc<Admitted>> for TextLength {
    fn weight(&self, text: &Arc<str>, admitted: &Arc<Admitted>) -> u64 {
        // Never nothing, or it could not be forgotten.
        text.len().saturating_add(admitted.cost_nodes().saturating_mul(NODE)).max(1) as u64
    }
}

#[cfg(test)]
mod tests;
