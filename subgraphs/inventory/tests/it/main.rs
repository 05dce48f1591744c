//! The inventory through its schema and its streams, on a real database.

mod availability;
mod commands;
mod import;
mod locations;
mod products;
mod race;
mod warehouse;
