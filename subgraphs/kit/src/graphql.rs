//! GraphQL between HTTP and a schema: how a request is read, judged, coerced and answered, and what pages and scalars are.
//!
//! Knows no database, no message and nobody who asks. A subgraph and the edge use the same code: a subgraph runs what is
//! admitted on a schema of its own, the edge hands it to the router.

pub mod guard;
pub mod http;
mod introspection;
pub mod page;
mod printer;
pub mod scalars;
pub mod sdl;
pub mod type_system;
pub mod variables;

pub use introspection::SplitIntrospection;
