//! Judges a GraphQL document before the schema sees it, in time linear in its length.
//!
//! The usual validator walks a fragment once for each way to reach it, and the parser recurses once for each bracket:
//! thirty fragments that spread each other twice, or a page of `{`, stop a whole process. So three cheap steps come
//! first, each bounded before the next one starts: count bytes and tokens (`lexer`), parse, and measure what the
//! operation asks for with each fragment measured once (`measure`).

mod admitted;
mod escapes;
#[cfg(any(test, feature = "testing"))]
pub mod hostile;
mod lexer;
mod limits;
mod measure;
mod parse;

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

pub use self::admitted::Admitted;
pub use self::limits::Limits;
use crate::type_system::TypeSystem;
use crate::{Code, Refused};

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
    // Only what was admitted: refusing again costs little, and hostile text must not push out good documents.
    remembered: Arc<Cache<Arc<str>, Arc<Admitted>, TextLength>>,
}

impl Guard {
    /// For documents that are run on a schema with these types.
    pub fn new(limits: Limits, types: impl Into<Arc<TypeSystem>>) -> Self {
        let remembered = Cache::with_weighter(REMEMBERED_DOCUMENTS, REMEMBERED_BYTES, TextLength);
        Self { limits: Arc::new(limits), types: types.into(), remembered: Arc::new(remembered) }
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Parses and measures a document, or remembers having done so.
    pub fn admit(&self, query: &str) -> Result<Arc<Admitted>, Refused> {
        if let Some(admitted) = self.remembered.get(query) {
            return Ok(admitted);
        }
        let admitted = Arc::new(self.judge(query)?);
        let asked = if **admitted.text() == *query { Arc::clone(admitted.text()) } else { query.into() };
        self.remembered.insert(asked, Arc::clone(&admitted));
        Ok(admitted)
    }

    fn judge(&self, query: &str) -> Result<Admitted, Refused> {
        let limits = &self.limits;
        if query.len() > limits.query_bytes {
            let message = format!(
                "The document is {} bytes long; at most {} fit in one request.",
                query.len(),
                limits.query_bytes
            );
            return Err(Refused::new(Code::TooLarge, message));
        }
        lexer::scan(query, limits)?;
        let query = escapes::resolved(query)?;
        let document = parse::parse(&query)?;
        measure::within(&document, limits)?;
        Ok(Admitted::new(query.as_ref().into(), document, Arc::clone(&self.types)))
    }
}

#[derive(Clone)]
struct TextLength;

impl Weighter<Arc<str>, Arc<Admitted>> for TextLength {
    fn weight(&self, text: &Arc<str>, _: &Arc<Admitted>) -> u64 {
        // Never nothing, or it could not be forgotten.
        text.len().max(1) as u64
    }
}

#[cfg(test)]
mod tests;
