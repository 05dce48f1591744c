//! Payments through its two doors: commands from the stream, and the schema.

mod commands;
mod crashes;
mod declines;
mod graph;
mod messages;
mod sandbox;
mod shop;
