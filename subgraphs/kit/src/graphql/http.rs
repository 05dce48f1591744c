//! GraphQL over HTTP: one responder for the edge and every subgraph.
//!
//! Follows <https://graphql.github.io/graphql-over-http/draft/>. A request passes through these steps, and each may
//! refuse it with a GraphQL error: method (`endpoint`), `Accept` (`accept`), where it comes from (`origin`), body
//! (`body`), parameters (`asked`), the document ([`crate::graphql::guard`]), and at last an [`Executor`].

mod absent;
mod accept;
mod answer;
mod asked;
mod body;
mod endpoint;
mod executor;
mod media;
mod origin;
mod refusal;
mod schema;
mod uncoded;

pub use self::answer::Answer;
pub use self::asked::Asked;
pub use self::endpoint::{Endpoint, endpoint};
pub use self::executor::{Executor, Operation};
pub use self::refusal::status;
pub use self::schema::SchemaExecutor;
