//! A refund that the gateway does not make: staff gives the money back in another way, and says so.

use kit::identity::audit::AuditEvent;
use kit::{Failure, Result, Signed};
use serde_json::json;
use vocab::{Money, OrderId};

use crate::Audit;
use crate::gateway::{ChargeStatus, Found};
use crate::ledger::{Account, Posted, Posting};
use crate::message::{self, REPLIES};
use crate::payment::{Command, Payment, Reply, State};

/// What staff need to settle a payment.
pub const PERMISSION: &str = "orders";

/// How often to start over when a command moves the payment first.
const TRIES: usize = 5;

const REFUNDED: Posting = Posting::new("refunded", Account::Refunded, Account::Shopper);
const SETTLED: Posting = Posting::new("settled", Account::Settled, Account::Shopper);

/// Why there is nothing to settle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSettled {
    NoPayment,
    /// No refund is under way: nobody waits for one, or it is made.
    NoRefund,
}

impl Audit {
    /// Takes staff's word that what the gateway has not refunded of an order was given back in another way, and answers
    /// whoever waits for the refund. Again, it changes nothing.
    pub(crate) async fn settle(
        &self,
        staff: &Signed,
        order_id: &OrderId,
        reference: &str,
    ) -> Result<Result<Payment, NotSettled>> {
        for _ in 0..TRIES {
            if let Some(settled) = self.try_to_settle(staff, order_id, reference).await? {
                return Ok(settled);
            }
        }
        Err(Failure::fault(anyhow::anyhow!("the payment of {order_id} was moved {TRIES} times meanwhile")))
    }

    /// None when somebody else has moved the payment first.
    async fn try_to_settle(
        &self,
        staff: &Signed,
        order_id: &OrderId,
        reference: &str,
    ) -> Result<Option<Result<Payment, NotSettled>>> {
        let store = &self.store;
        let Some(mut payment) = store.payment_of(order_id).await? else { return Ok(Some(Err(NotSettled::NoPayment))) };
        let Some(amount) = payment.terms.as_ref().map(|terms| terms.amount) else {
            return Ok(Some(Err(NotSettled::NoPayment)));
        };
        match payment.state {
            State::Refunding => {}
            State::Refunded if store.is_settled(order_id).await? => return Ok(Some(Ok(payment))),
            _ => return Ok(Some(Err(NotSettled::NoRefund))),
        }
        // What the gateway has refunded after all stands on its books, and must stand on ours.
        let refunded = match self.found(order_id).await? {
            Some(Found { status: ChargeStatus::Captured { refunded, .. }, .. }) => {
                refunded.minor.clamp(0, amount.minor)
            }
            _ => 0,
        };
        let parts = [(REFUNDED, refunded), (SETTLED, amount.minor - refunded)];
        let posted = parts.into_iter().filter(|(_, minor)| *minor > 0).map(|(posting, minor)| {
            let amount = Money::new(minor, amount.currency);
            Posted { order_id: order_id.clone(), posting, amount }
        });
        let posted: Vec<Posted> = posted.collect();
        payment.enter(State::Refunded)?;
        let txn = store.db.begin().await?;
        if !store.move_payments(&txn, &[(State::Refunding, &payment)]).await? {
            txn.rollback().await?;
            return Ok(None);
        }
        store.post(&txn, &posted).await?;
        txn.send(REPLIES, &message::reply(order_id, Command::Void, &Reply::Voided)?).await?;
        let deed = AuditEvent::of(staff, "payment.settle", order_id.as_str(), store.clock.now());
        txn.record(&deed.with_detail(json!({ "reference": reference }))).await?;
        txn.commit().await?;
        Ok(Some(Ok(payment)))
    }
}
