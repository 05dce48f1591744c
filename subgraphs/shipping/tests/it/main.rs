//! Shipping through its two doors: commands from the stream, and the schema.

mod commands;
mod crashes;
mod depot;
mod forgotten_keys;
mod graph;
mod messages;
mod privacy;
mod retention;
mod sandbox;
mod statements;
mod texts;
mod together;
mod upgrade;
mod watch;
