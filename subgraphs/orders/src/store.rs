//! The orders database: transactions, owner-scoped finders, and what goes out with a commit.

mod cancellation;
mod cart;
mod checkout;
mod delivery;
mod idempotency;
mod offer;
mod order;
mod order_event;
mod privacy;
mod source_version;
mod stock;

use kit::audit::Deed;
use kit::message::Message;
use kit::{Clock, Db, Owner, Result, Signed, Viewer};

pub(crate) use cancellation::CancellationOfOrder;
pub(crate) use cart::CartById;
pub(crate) use checkout::CheckoutById;
pub(crate) use delivery::RatesByCountry;
pub(crate) use idempotency::{Claim, Fault, Request};
pub(crate) use offer::OfferByVariant;
pub(crate) use order::OrderById;
pub(crate) use order_event::EventsOfOrder;

use crate::Settings;

#[derive(Clone)]
pub struct Store {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
}

impl Store {
    pub fn new(db: Db, clock: Clock, settings: Settings) -> Self {
        Self { db, clock, settings }
    }

    /// Tells of what staff is about to do outside of this database. It is told first: rather once too often than not.
    pub(crate) async fn record(&self, staff: &Signed, action: &str, subject: &str) -> Result<()> {
        let txn = self.db.begin().await?;
        txn.record(&Deed::of(staff, action, subject, self.clock.now())).await?;
        Ok(txn.commit().await?)
    }

    /// A shop that opens, or has lost its database, asks the catalog for everything.
    pub(crate) async fn ask_for_products_when_there_are_none(&self) -> Result<()> {
        if self.has_offers().await? {
            return Ok(());
        }
        let txn = self.db.begin().await?;
        let ask = Message::new("catalog.resend_products.v1", "orders", &serde_json::json!({}))?;
        txn.send("catalog.commands", &ask).await?;
        Ok(txn.commit().await?)
    }
}

/// The store as one viewer may see it. It loads what a request asks for, and nobody else's.
#[derive(Clone)]
pub(crate) struct Visible {
    store: Store,
    owners: Vec<Owner>,
}

impl Visible {
    pub(crate) fn new(store: Store, viewer: &Viewer) -> Self {
        Self { store, owners: viewer.owners() }
    }

    fn owners(&self) -> impl Iterator<Item = &str> {
        self.owners.iter().map(Owner::as_str)
    }
}
