//! GraphQL over HTTP as a client meets it.

mod bodies;
mod deadlines;
mod differential;
mod documents;
mod errors;
mod hangups;
mod methods;
mod negotiation;
mod sample;
mod sockets;
mod variables;
