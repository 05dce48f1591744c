//! The inventory through its schema and its streams, on a real database.

mod announcements;
mod availability;
mod checkpoint;
mod commands;
mod conservation;
mod expiry;
mod hold;
mod import;
mod locations;
mod products;
mod race;
mod returns;
mod together;
mod warehouse;
