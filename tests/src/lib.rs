//! A whole shop for a test: the real binary, the real router, the real Redis, the engine under test.

mod catalogue;
pub mod chaos;
mod client;
mod database;
pub mod fleet;
mod processes;
mod shop;
pub mod shopper;

pub use catalogue::{HEADPHONES, HOT, LAST_ONE, MUG, NOTEBOOK, SOLD_OUT, Thing};
pub use client::{Answer, Client};
pub use processes::signal;
pub use shop::{Premises, Shop, mercato};
