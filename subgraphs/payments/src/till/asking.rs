//! Asking the gateway, outside any transaction.

use kit::{Failure, Result, crash_at};

use super::Till;
use crate::gateway::{Authorization, IdempotencyKey, Outcome};
use crate::payment::{Payment, State, Step};

impl Till {
    /// The answer is the payment as it will be, and the state to enter.
    pub(super) async fn ask_gateway(&self, payment: Payment, step: Step) -> Result<(Payment, State)> {
        match step {
            Step::Authorize => crash_at!("payments:before-authorize"),
            Step::Capture => crash_at!("payments:before-capture"),
            Step::Void => crash_at!("payments:before-void"),
            Step::Refund => crash_at!("payments:before-refund"),
        }
        let asked = self.carry_out(payment, step).await?;
        match step {
            Step::Authorize => crash_at!("payments:after-authorize"),
            Step::Capture => crash_at!("payments:after-capture"),
            Step::Void => crash_at!("payments:after-void"),
            Step::Refund => crash_at!("payments:after-refund"),
        }
        Ok(asked)
    }

    async fn carry_out(&self, mut payment: Payment, step: Step) -> Result<(Payment, State)> {
        let key = IdempotencyKey::of(&payment.order_id, step);
        let missing = |what: &str| Failure::fault(anyhow::anyhow!("the payment of {} has no {what}", payment.order_id));
        let terms = payment.terms.clone().ok_or_else(|| missing("terms"))?;
        let charge = payment.charge.as_ref().map(|charge| charge.reference.clone());
        if step == Step::Authorize {
            let token = terms.token.ok_or_else(|| missing("token"))?;
            let ask = Authorization { reference: payment.order_id.clone(), amount: terms.amount, token };
            let state = match self.gateway.authorize(&key, &ask).await? {
                Outcome::Approved(charge) => {
                    payment.charge = Some(charge);
                    State::Authorized
                }
                Outcome::Declined(decline) => {
                    payment.decline = Some(decline);
                    State::Declined
                }
            };
            return Ok((payment, state));
        }
        let charge = charge.ok_or_else(|| missing("charge"))?;
        let state = match step {
            Step::Capture => match self.gateway.capture(&key, &charge, terms.amount).await? {
                Outcome::Approved(()) => State::Captured,
                Outcome::Declined(decline) => {
                    payment.decline = Some(decline);
                    State::Declined
                }
            },
            Step::Refund => {
                self.gateway.refund(&key, &charge, terms.amount).await?;
                State::Refunded
            }
            Step::Void | Step::Authorize => {
                self.gateway.void(&key, &charge).await?;
                State::Voided
            }
        };
        Ok((payment, state))
    }
}
