//! Cancelling an order, or refunding it: the wish is claimed, kept and set going in one transaction.

use kit::identity::audit::AuditEvent;
use kit::{Failure, Owner, Result, Viewer, crash_at};
use vocab::{OrderId, UserErrorCode};

use crate::advancing::TRIES;
use crate::cancellation::Cancellation;
use crate::loaded_order::LoadedOrder;
use crate::order::Order;
use crate::saga::{Event, OrderProcess, RequestedBy};
use crate::shopper_error::ShopperError;
use crate::store::{Claim, PERMISSION, Request, Store};

/// An order, and how its cancellation goes.
pub(crate) type OrderWithCancellation = (Order, Cancellation);

/// What somebody wants to become of an order.
enum Intent<'a> {
    Cancel {
        /// In their own words.
        reason: Option<&'a str>,
    },
    /// The parcel has arrived: only the payment is given back.
    Refund,
}

impl Intent<'_> {
    fn check(&self, order: &OrderProcess, by: RequestedBy) -> Result<(), ShopperError> {
        match self {
            Self::Cancel { .. } => order.may_cancel(by).map_err(ShopperError::from),
            Self::Refund => order.may_refund().map_err(ShopperError::from),
        }
    }

    fn event(&self, by: RequestedBy) -> Event {
        match self {
            Self::Cancel { .. } => Event::CancelRequested(by),
            Self::Refund => Event::RefundRequested,
        }
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Cancel { reason } => *reason,
            Self::Refund => None,
        }
    }

    /// As the audit names it.
    fn action(&self) -> &'static str {
        match self {
            Self::Cancel { .. } => "order.cancel",
            Self::Refund => "order.refund",
        }
    }
}

impl Store {
    /// The order with its cancellation; the same one when the request comes again.
    pub(crate) async fn cancel(
        &self,
        viewer: &Viewer,
        order_id: &OrderId,
        reason: Option<&str>,
        request: &Request,
    ) -> Result<Result<OrderWithCancellation, ShopperError>> {
        self.start(viewer, &Intent::Cancel { reason }, order_id, request).await
    }

    /// The same of an order whose parcel has arrived, and whose payment staff wants given back. Who may is for the caller
    /// to say.
    pub(crate) async fn refund(
        &self,
        staff: &Viewer,
        order_id: &OrderId,
        request: &Request,
    ) -> Result<Result<OrderWithCancellation, ShopperError>> {
        self.start(staff, &Intent::Refund, order_id, request).await
    }

    async fn start(
        &self,
        viewer: &Viewer,
        intent: &Intent<'_>,
        order_id: &OrderId,
        request: &Request,
    ) -> Result<Result<OrderWithCancellation, ShopperError>> {
        for _ in 0..TRIES {
            if let Some(answer) = self.try_to_start(viewer, intent, order_id, request).await? {
                return Ok(answer);
            }
        }
        Err(Failure::fault(anyhow::anyhow!("the cancellation of {order_id} was overtaken {TRIES} times")))
    }

    async fn try_to_start(
        &self,
        viewer: &Viewer,
        intent: &Intent<'_>,
        order_id: &OrderId,
        request: &Request,
    ) -> Result<Option<Result<OrderWithCancellation, ShopperError>>> {
        let owners = viewer.owners();
        let txn = self.db.begin().await?;
        let loaded = Self::load_for_update(&txn, order_id).await?;
        let by = loaded.as_ref().and_then(|loaded| on_behalf_of(viewer, &loaded.order.owner));
        let (Some(mut loaded), Some(by), Some(owner)) = (loaded, by, owners.first()) else {
            let message = "There is no such order, or it is not yours.";
            return Ok(Some(Err(ShopperError::coded(UserErrorCode::NotFound, message, &["orderId"]))));
        };
        match Self::recall(&*txn, &owners, request).await? {
            Claim::First => {}
            Claim::Again(_) => {
                txn.rollback().await?;
                return Ok(Some(Ok(with_cancellation(loaded)?)));
            }
            Claim::Mismatch => return Ok(Some(Err(Request::mismatch()))),
        }
        // It refunds somebody else's money: a stolen session of the staff does not go that far.
        if matches!(by, RequestedBy::Staff) {
            viewer.require_recent()?;
        }
        if let Err(refused) = intent.check(&loaded.process(), by) {
            return Ok(Some(Err(refused)));
        }
        match self.claim_key(&txn, owner, request, order_id.as_str()).await? {
            Claim::First => {}
            // Somebody has sent the same at the same time: what he was answered is answered here in the next try.
            Claim::Again(_) | Claim::Mismatch => return Ok(None),
        }
        loaded.apply(&intent.event(by), self.clock.now(), intent.reason())?;
        if !self.save(&txn, vec![&loaded]).await? {
            return Ok(None);
        }
        if let (RequestedBy::Staff, Some(staff)) = (by, &viewer.signed) {
            txn.record(&AuditEvent::of(staff, intent.action(), order_id.as_str(), self.clock.now())).await?;
        }
        let with_cancellation = with_cancellation(loaded)?;
        crash_at!("orders:cancel-before-commit");
        txn.commit().await?;
        crash_at!("orders:cancel-after-commit");
        Ok(Some(Ok(with_cancellation)))
    }
}

/// Whose wish it is when `viewer` cancels an order of `owner`. None when it is not for him to wish.
fn on_behalf_of(viewer: &Viewer, owner: &Owner) -> Option<RequestedBy> {
    if viewer.has(PERMISSION) {
        return Some(RequestedBy::Staff);
    }
    viewer.owners().contains(owner).then_some(RequestedBy::Customer)
}

fn with_cancellation(loaded: LoadedOrder) -> Result<OrderWithCancellation> {
    let missing = || Failure::fault(anyhow::anyhow!("{} has no cancellation that was requested", loaded.order.id));
    let cancellation = loaded.cancellation.ok_or_else(missing)?;
    Ok((loaded.order, cancellation))
}
