//! What payments keeps.

mod checkpoint;
mod entry;
mod order_balance;
mod payment;
mod privacy;
mod sale;
mod scope;
mod sums;

use kit::{Clock, Db};

pub use payment::{PaymentById, PaymentByOrder, PaymentLoader};
pub(crate) use sale::{SaleChange, SaleEvent};
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
