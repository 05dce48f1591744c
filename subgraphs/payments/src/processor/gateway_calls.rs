//! Calls to the gateway, outside any transaction.

use kit::{Result, crash_at};
use vocab::Money;

use super::PaymentProcessor;
use crate::gateway::{Authorization, ChargeStatus, Found, GatewayError, IdempotencyKey, Outcome};
use crate::payment::{Decline, Payment, State, Step};

impl PaymentProcessor {
    /// Calls the gateway for a step. Returns the payment as it will be, and the state to enter.
    pub(super) async fn ask_gateway(&self, payment: Payment, step: Step) -> Result<(Payment, State)> {
        match step {
            Step::Authorize => crash_at!("payments:before-authorize"),
            Step::Capture => crash_at!("payments:before-capture"),
            Step::Void => crash_at!("payments:before-void"),
            Step::Refund => crash_at!("payments:before-refund"),
        }
        let asked = self.execute(payment, step).await?;
        match step {
            Step::Authorize => crash_at!("payments:after-authorize"),
            Step::Capture => crash_at!("payments:after-capture"),
            Step::Void => crash_at!("payments:after-void"),
            Step::Refund => crash_at!("payments:after-refund"),
        }
        Ok(asked)
    }

    /// Calls the gateway directly if no call can have been made before. If one may have been made, or the charge turns out not
    /// to be as expected, the charge is looked up first, and only what is missing is requested.
    async fn execute(&self, mut payment: Payment, step: Step) -> Result<(Payment, State)> {
        if !payment.in_doubt {
            match self.request(&mut payment, step, None).await {
                Ok(state) => return Ok((payment, state)),
                Err(refused) if refused.is_about_the_charge() => {
                    let cause = format!("{:#}", anyhow::Error::new(refused));
                    tracing::warn!(order.id = %payment.order_id, cause, "a charge is looked up that is not as it was left");
                }
                Err(failed) => return Err(failed.into()),
            }
        }
        let found = self.gateway.find(&payment.order_id).await?;
        let rest = match found.map(|found| payment.remaining_after(step, found)).transpose()? {
            Some(Remaining::Done(state)) => return Ok((payment, state)),
            Some(Remaining::Rest(rest)) => Some(rest),
            Some(Remaining::Missing) | None => None,
        };
        match self.request(&mut payment, step, rest).await {
            Ok(state) => Ok((payment, state)),
            // Neither under our reference nor under its own is there a charge: nothing is held.
            Err(GatewayError::UnknownCharge(_)) if step == Step::Capture => {
                payment.decline = Some(Decline::not_authorized());
                Ok((payment, State::Declined))
            }
            Err(GatewayError::UnknownCharge(_)) if step == Step::Void => Ok((payment, State::Voided)),
            Err(failed) => Err(failed.into()),
        }
    }

    /// Requests a step; for a refund, of `rest` if a part was refunded elsewhere.
    async fn request(&self, payment: &mut Payment, step: Step, rest: Option<Money>) -> Result<State, GatewayError> {
        let key = IdempotencyKey::of(&payment.order_id, step);
        let missing =
            |what: &str| GatewayError::Incomplete(format!("the payment of {} has no {what}", payment.order_id));
        let terms = payment.terms.clone().ok_or_else(|| missing("terms"))?;
        let charge = payment.charge.as_ref().map(|charge| charge.reference.clone());
        if step == Step::Authorize {
            let token = terms.token.ok_or_else(|| missing("token"))?;
            let ask = Authorization { reference: payment.order_id.clone(), amount: terms.amount, token };
            return Ok(match self.gateway.authorize(&key, &ask).await? {
                Outcome::Approved(charge) => {
                    payment.charge = Some(charge);
                    State::Authorized
                }
                Outcome::Declined(decline) => {
                    payment.decline = Some(decline);
                    State::Declined
                }
            });
        }
        let charge = charge.ok_or_else(|| missing("charge"))?;
        Ok(match step {
            Step::Capture => match self.gateway.capture(&key, &charge, terms.amount).await? {
                Outcome::Approved(()) => State::Captured,
                Outcome::Declined(decline) => {
                    payment.decline = Some(decline);
                    State::Declined
                }
            },
            Step::Refund => {
                let (key, amount) = match rest {
                    Some(rest) => (IdempotencyKey::of_rest(&payment.order_id, rest), rest),
                    None => (key, terms.amount),
                };
                self.gateway.refund(&key, &charge, amount).await?;
                State::Refunded
            }
            Step::Void | Step::Authorize => {
                self.gateway.void(&key, &charge).await?;
                State::Voided
            }
        })
    }
}

/// What remains to be done of a step, by what the gateway has.
enum Remaining {
    /// It is done, by us or in the gateway's dashboard.
    Done(State),
    /// A part was refunded elsewhere; this is left.
    Rest(Money),
    /// All of it.
    Missing,
}

impl Payment {
    fn remaining_after(&mut self, step: Step, found: Found) -> Result<Remaining> {
        let Found { charge, amount, status } = found;
        let asked = self.terms.as_ref().map_or(amount, |terms| terms.amount);
        if asked != amount {
            return Err(GatewayError::OtherAmount { order_id: self.order_id.clone(), found: amount, asked }.into());
        }
        Ok(match (step, status) {
            // What has become of it since is for the next step to find.
            (Step::Authorize, _) => {
                self.charge = Some(charge);
                Remaining::Done(State::Authorized)
            }
            (Step::Capture, ChargeStatus::Captured { .. }) => Remaining::Done(State::Captured),
            (Step::Capture, ChargeStatus::Released) => {
                self.decline = Some(Decline::released());
                Remaining::Done(State::Declined)
            }
            (Step::Void, ChargeStatus::Released) => Remaining::Done(State::Voided),
            (Step::Void, ChargeStatus::Captured { .. }) => Remaining::Done(State::Captured),
            (Step::Refund, ChargeStatus::Captured { captured, refunded }) => {
                match Money::new(captured.minor.saturating_sub(refunded.minor), captured.currency) {
                    rest if rest.minor <= 0 => Remaining::Done(State::Refunded),
                    _ if refunded.minor == 0 => Remaining::Missing,
                    rest => Remaining::Rest(rest),
                }
            }
            (Step::Capture | Step::Void, ChargeStatus::Authorized)
            | (Step::Refund, ChargeStatus::Authorized | ChargeStatus::Released) => Remaining::Missing,
        })
    }
}
