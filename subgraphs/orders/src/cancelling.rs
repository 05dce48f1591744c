//! Cancelling an order, or refunding it: the wish is claimed, kept and set going in one transaction.

use kit::audit::AuditEvent;
use kit::{Failure, Owner, Result, Viewer, crash_at};
use vocab::{OrderId, UserErrorCode};

use crate::advancing::TRIES;
use crate::cancellation::Cancellation;
use crate::in_hand::InHand;
use crate::order::Order;
use crate::refusal::Refusal;
use crate::saga::{By, What, Whole};
use crate::store::{Claim, PERMISSION, Request, Store};

/// An order, and how its cancellation goes.
pub(crate) type Wished = (Order, Cancellation);

/// What somebody wants to become of an order.
enum Wish<'a> {
    Cancel {
        /// In their own words.
        reason: Option<&'a str>,
    },
    /// The parcel has arrived: only the payment is given back.
    Refund,
}

impl Wish<'_> {
    fn comes_in_time(&self, order: &Whole, by: By) -> Result<(), Refusal> {
        match self {
            Self::Cancel { .. } => order.may_cancel(by).map_err(Refusal::from),
            Self::Refund => order.may_refund().map_err(Refusal::from),
        }
    }

    fn event(&self, by: By) -> What {
        match self {
            Self::Cancel { .. } => What::CancelWished(by),
            Self::Refund => What::RefundWished,
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
    ) -> Result<Result<Wished, Refusal>> {
        self.wish(viewer, &Wish::Cancel { reason }, order_id, request).await
    }

    /// The same of an order whose parcel has arrived, and whose payment staff wants given back. Who may is for the caller
    /// to say.
    pub(crate) async fn refund(
        &self,
        staff: &Viewer,
        order_id: &OrderId,
        request: &Request,
    ) -> Result<Result<Wished, Refusal>> {
        self.wish(staff, &Wish::Refund, order_id, request).await
    }

    async fn wish(
        &self,
        viewer: &Viewer,
        wish: &Wish<'_>,
        order_id: &OrderId,
        request: &Request,
    ) -> Result<Result<Wished, Refusal>> {
        for _ in 0..TRIES {
            if let Some(answer) = self.try_to_fulfil(viewer, wish, order_id, request).await? {
                return Ok(answer);
            }
        }
        Err(Failure::fault(anyhow::anyhow!("the cancellation of {order_id} was overtaken {TRIES} times")))
    }

    async fn try_to_fulfil(
        &self,
        viewer: &Viewer,
        wish: &Wish<'_>,
        order_id: &OrderId,
        request: &Request,
    ) -> Result<Option<Result<Wished, Refusal>>> {
        let owners = viewer.owners();
        let txn = self.db.begin().await?;
        let hand = Self::in_hand(&txn, order_id).await?;
        let by = hand.as_ref().and_then(|hand| on_behalf_of(viewer, &hand.order.owner));
        let (Some(mut hand), Some(by), Some(owner)) = (hand, by, owners.first()) else {
            let message = "There is no such order, or it is not yours.";
            return Ok(Some(Err(Refusal::coded(UserErrorCode::NotFound, message, &["orderId"]))));
        };
        match Self::recall(&*txn, &owners, request).await? {
            Claim::First => {}
            Claim::Again(_) => {
                txn.rollback().await?;
                return Ok(Some(Ok(wished(hand)?)));
            }
            Claim::Mismatch => return Ok(Some(Err(Request::mismatch()))),
        }
        // It refunds somebody else's money: a stolen session of the staff does not go that far.
        if matches!(by, By::Staff) {
            viewer.require_recent()?;
        }
        if let Err(refused) = wish.comes_in_time(&hand.whole(), by) {
            return Ok(Some(Err(refused)));
        }
        match self.claim_key(&txn, owner, request, order_id.as_str()).await? {
            Claim::First => {}
            // Somebody has sent the same at the same time: what he was answered is answered here in the next try.
            Claim::Again(_) | Claim::Mismatch => return Ok(None),
        }
        hand.take_in(&wish.event(by), self.clock.now(), wish.reason())?;
        if !self.keep(&txn, vec![&hand]).await? {
            return Ok(None);
        }
        if let (By::Staff, Some(staff)) = (by, &viewer.signed) {
            txn.record(&AuditEvent::of(staff, wish.action(), order_id.as_str(), self.clock.now())).await?;
        }
        let wished = wished(hand)?;
        crash_at!("orders:cancel-before-commit");
        txn.commit().await?;
        crash_at!("orders:cancel-after-commit");
        Ok(Some(Ok(wished)))
    }
}

/// Whose wish it is when `viewer` cancels an order of `owner`. None when it is not for him to wish.
fn on_behalf_of(viewer: &Viewer, owner: &Owner) -> Option<By> {
    if viewer.has(PERMISSION) {
        return Some(By::Staff);
    }
    viewer.owners().contains(owner).then_some(By::Customer)
}

fn wished(hand: InHand) -> Result<Wished> {
    let missing = || Failure::fault(anyhow::anyhow!("{} has no cancellation that was wished for", hand.order.id));
    let cancellation = hand.cancellation.ok_or_else(missing)?;
    Ok((hand.order, cancellation))
}
