//! A whole shop for a test: the real binary, the real router, the real Redis, the engine under test.

mod catalogue;
mod client;
mod database;
mod shop;

pub use catalogue::{HEADPHONES, LAST_ONE, MUG, NOTEBOOK, SOLD_OUT, Thing};
pub use client::{Answer, Client};
pub use shop::{Premises, Shop, mercato};
