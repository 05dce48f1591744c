//! A shop under attack, and the books that show what came of it.

pub mod books;
pub mod buyer;
pub mod disk;
pub mod doubles;
mod hands;
pub mod hot;
pub mod kills;
pub mod outage;
pub mod points;
pub mod redis;
mod report;
mod rig;
pub mod rolling;

pub use report::Report;
pub use rig::Rig;
