//! The reviews database.

mod heard_order;
mod import;
mod known_product;
mod privacy;
mod purchase;
mod rating_summary;
mod retention;
mod review;
mod submission;

use kit::{Clock, Db, Result, Txn};

pub(crate) use purchase::IsVerified;
pub(crate) use rating_summary::RatingOfProduct;
pub use retention::retention;
pub(crate) use review::{ReviewById, ReviewsOfProduct};
pub(crate) use submission::Submission;

/// How reviews is called in its inbox.
const CONSUMER: &str = "reviews";

/// The reviews database. It is also the loader of what is in it.
#[derive(Clone, Debug)]
pub struct Store {
    db: Db,
    clock: Clock,
}

impl Store {
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) async fn begin(&self) -> Result<Txn> {
        Ok(self.db.begin().await?)
    }
}
