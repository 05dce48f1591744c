//! Payments through its two doors: commands from the stream, and the schema.

mod checkpoint;
mod commands;
mod conservation;
mod crashes;
mod declines;
mod forgotten_keys;
mod graph;
mod messages;
mod privacy;
mod sandbox;
mod settling;
mod shop;
mod statements;
mod together;
mod upgrade;
