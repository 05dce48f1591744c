//! What payments keeps.

mod checkpoint;
mod entry;
mod payment;
mod privacy;
mod sale;
mod scope;
mod standing;
mod sums;

use kit::{Clock, Db};

pub use payment::{PaymentById, PaymentByOrder, PaymentLoader};
pub(crate) use sale::{Heard, News};
pub(crate) use scope::Scope;
pub use sums::Sums;

#[derive(Clone)]
pub struct Store {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
}

impl Store {
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }
}
