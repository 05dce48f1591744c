//! GraphQL over HTTP as a client meets it.

mod bodies;
mod differential;
mod documents;
mod errors;
mod methods;
mod negotiation;
mod sample;
mod sockets;
mod variables;
