//! Who may do what, at every door: the edge, and the port of each subgraph.

mod doors;
mod forged;
mod matrix;
mod rules;
mod sessions;
mod strangers;
pub mod viewers;
