//! Kit's rules on a real database and a real Redis.

mod database;
mod delivery;
