//! The orders database: transactions, owner-scoped finders, and what goes out with a commit.

mod cancellation;
mod cart;
mod checkout;
mod delivery;
mod idempotency;
mod link;
mod offer;
mod order;
mod order_event;
mod privacy;
mod retention;
mod shopper;
mod source_version;
mod stock;

use std::sync::Arc;

use contracts::catalog::{CatalogCommand, ResendProducts};
use contracts::{encode, stream};
use kit::identity::audit::AuditEvent;
use kit::{Clock, Db, Owner, Result, Signed, Viewer};
use tokio::sync::OnceCell;

pub(crate) use cancellation::CancellationOfOrder;
pub(crate) use cart::CartById;
pub(crate) use checkout::CheckoutById;
pub(crate) use delivery::RatesByCountry;
pub(crate) use idempotency::{Claim, Fault, NobodysClaim, Request};
pub(crate) use link::Link;
pub(crate) use offer::OfferByVariant;
pub(crate) use order::{OrderById, OrdersOf, PlacedOrder};
pub(crate) use order_event::EventsOfOrder;

use crate::Settings;
use crate::order::Numbers;

#[derive(Clone)]
pub struct Store {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
    pub(crate) numbers: Numbers,
}

impl Store {
    pub fn new(db: Db, clock: Clock, settings: Settings) -> Self {
        Self { db, clock, settings, numbers: Numbers::default() }
    }

    /// The store with orders that are numbered so.
    #[must_use]
    pub fn with_numbers(self, numbers: Numbers) -> Self {
        Self { numbers, ..self }
    }

    /// Tells of what staff is about to do outside of this database. It is told first: rather once too often than not.
    pub(crate) async fn record(&self, staff: &Signed, action: &str, subject: &str) -> Result<()> {
        let txn = self.db.begin().await?;
        txn.record(&AuditEvent::of(staff, action, subject, self.clock.now())).await?;
        Ok(txn.commit().await?)
    }

    /// A shop that opens, or has lost its database, asks the catalog for everything.
    pub(crate) async fn ask_for_products_when_there_are_none(&self) -> Result<()> {
        if self.has_offers().await? {
            return Ok(());
        }
        let txn = self.db.begin().await?;
        let resend = ResendProducts { to: Some("orders".to_owned()), request: None };
        txn.send(stream::CATALOG_COMMANDS, &encode("orders", &CatalogCommand::ResendProducts(resend))?).await?;
        Ok(txn.commit().await?)
    }
}

/// The store as one viewer may see it. It loads what a request asks for, and nobody else's.
#[derive(Clone)]
pub(crate) struct Visible {
    store: Store,
    owners: Vec<Owner>,
    signed: Option<Signed>,
    /// Whether the viewer's orders have come over that were made as a guest.
    claimed: Arc<OnceCell<()>>,
}

/// What staff need to see everybody's orders.
pub(crate) const PERMISSION: &str = "orders";

impl Visible {
    pub(crate) fn new(store: Store, viewer: &Viewer) -> Self {
        Self { store, owners: viewer.owners(), signed: viewer.signed.clone(), claimed: Arc::default() }
    }

    /// Whether the viewer may see everybody's orders.
    fn sees_all(&self) -> bool {
        self.signed.as_ref().is_some_and(|signed| signed.permissions.iter().any(|held| held == PERMISSION))
    }

    /// Makes those orders the viewer's own that they made as a guest, before orders are looked at. To look does not
    /// depend on it: what cannot come over now comes over the next time.
    pub(crate) async fn claim_orders(&self) {
        let Some(signed) = &self.signed else { return };
        let claim = async {
            if let Err(failure) = self.store.claim_orders(signed).await {
                let cause = failure.into_anyhow();
                tracing::warn!(cause = format!("{cause:#}"), "a guest's orders stay a guest's for now");
            }
        };
        self.claimed.get_or_init(|| claim).await;
    }

    fn owners(&self) -> impl Iterator<Item = &str> {
        self.owners.iter().map(Owner::as_str)
    }
}
