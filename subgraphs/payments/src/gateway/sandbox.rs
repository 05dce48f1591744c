//! A gateway that moves no money and otherwise behaves as Stripe's test mode does. Its books are another company's:
//! tables of its own, written in transactions of its own, never joined with ours.

mod books;
mod card;

use async_trait::async_trait;
use chrono::TimeDelta;
use kit::{Clock, Db, Txn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use vocab::Money;

use super::{Authorization, Charge, Decline, Gateway, GatewayError, IdempotencyKey, Outcome};
use books::charge_row;
use card::Card;

const PROVIDER: &str = "Sandbox";

/// How long an authorization holds. Cards give seven days.
const HOLDS_FOR: TimeDelta = TimeDelta::days(7);

#[derive(Clone)]
pub struct Sandbox {
    db: Db,
    clock: Clock,
}

impl Sandbox {
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }

    /// Answers a key that was seen before with what it was answered, or begins to carry out a new one.
    async fn open(&self, key: &IdempotencyKey, request: &serde_json::Value) -> Result<Opened, GatewayError> {
        let txn = self.db.begin().await?;
        let request = request.to_string();
        if books::note_call(&txn, key.as_str(), &request, self.clock.now()).await? {
            return Ok(Opened::First(txn));
        }
        let seen = books::call(&txn, key.as_str()).await?;
        if seen.request != request {
            return Err(GatewayError::KeyReused(key.as_str().to_owned()));
        }
        Ok(Opened::Again(seen.answer.unwrap_or_default()))
    }

    async fn charge(&self, txn: &Txn, id: &str) -> Result<charge_row::Model, GatewayError> {
        books::charge(txn, id).await?.ok_or_else(|| GatewayError::UnknownCharge(id.to_owned()))
    }
}

enum Opened {
    First(Txn),
    Again(String),
}

async fn close<T: Serialize>(txn: Txn, key: &IdempotencyKey, answer: T) -> Result<T, GatewayError> {
    let text = serde_json::to_string(&answer).map_err(|cause| GatewayError::NoAnswer(cause.into()))?;
    books::answer_call(&txn, key.as_str(), &text).await?;
    txn.commit().await?;
    Ok(answer)
}

fn again<T: DeserializeOwned>(answer: &str) -> Result<T, GatewayError> {
    serde_json::from_str(answer).map_err(|cause| GatewayError::NoAnswer(cause.into()))
}

fn wrong_state(asked: &'static str, charge: &charge_row::Model) -> GatewayError {
    GatewayError::WrongState { asked, charge: charge.id.clone(), state: charge.state.clone() }
}

#[async_trait]
impl Gateway for Sandbox {
    async fn authorize(&self, key: &IdempotencyKey, ask: &Authorization) -> Result<Outcome<Charge>, GatewayError> {
        let request = json!({ "authorize": ask.reference, "amount": ask.amount, "token": ask.token.as_str() });
        let txn = match self.open(key, &request).await? {
            Opened::First(txn) => txn,
            Opened::Again(answer) => return again(&answer),
        };
        let decided = if ask.amount.minor <= 0 {
            Err(Decline::new("amount_too_small", "The amount must be greater than zero."))
        } else {
            Card::of_token(ask.token.as_str())
        };
        let charge = books::new_charge(ask, decided.as_ref().ok(), self.clock.now());
        books::add_charge(&txn, &charge).await?;
        let outcome = match decided {
            Ok(card) => Outcome::Approved(Charge {
                reference: charge.id,
                provider: PROVIDER.to_owned(),
                brand: card.brand.to_owned(),
                last4: card.last4.to_owned(),
            }),
            Err(decline) => Outcome::Declined(decline),
        };
        close(txn, key, outcome).await
    }

    async fn capture(&self, key: &IdempotencyKey, charge: &str, amount: Money) -> Result<Outcome<()>, GatewayError> {
        let txn = match self.open(key, &json!({ "capture": charge, "amount": amount })).await? {
            Opened::First(txn) => txn,
            Opened::Again(answer) => return again(&answer),
        };
        let mut charge = self.charge(&txn, charge).await?;
        if charge.state != books::AUTHORIZED || charge.amount_minor < amount.minor {
            return Err(wrong_state("capture", &charge));
        }
        let outcome = if charge.created_at + HOLDS_FOR < self.clock.now() {
            charge.state = books::LAPSED.to_owned();
            let message = "The authorization has lapsed: the charge can no longer be captured.";
            Outcome::Declined(Decline::new("charge_expired_for_capture", message))
        } else {
            charge.state = books::CAPTURED.to_owned();
            charge.captured_minor = amount.minor;
            Outcome::Approved(())
        };
        books::keep_charge(&txn, charge).await?;
        close(txn, key, outcome).await
    }

    async fn void(&self, key: &IdempotencyKey, charge: &str) -> Result<(), GatewayError> {
        let txn = match self.open(key, &json!({ "void": charge })).await? {
            Opened::First(txn) => txn,
            Opened::Again(answer) => return again(&answer),
        };
        let mut charge = self.charge(&txn, charge).await?;
        if charge.state != books::AUTHORIZED {
            return Err(wrong_state("void", &charge));
        }
        charge.state = books::VOIDED.to_owned();
        books::keep_charge(&txn, charge).await?;
        close(txn, key, ()).await
    }

    async fn refund(&self, key: &IdempotencyKey, charge: &str, amount: Money) -> Result<(), GatewayError> {
        let txn = match self.open(key, &json!({ "refund": charge, "amount": amount })).await? {
            Opened::First(txn) => txn,
            Opened::Again(answer) => return again(&answer),
        };
        let mut charge = self.charge(&txn, charge).await?;
        if charge.state != books::CAPTURED || charge.captured_minor < charge.refunded_minor + amount.minor {
            return Err(wrong_state("refund", &charge));
        }
        charge.refunded_minor += amount.minor;
        if charge.refunded_minor == charge.captured_minor {
            charge.state = books::REFUNDED.to_owned();
        }
        books::keep_charge(&txn, charge).await?;
        close(txn, key, ()).await
    }
}

/// Whatever breaks in its own database, all that a customer of the gateway sees is that it does not answer.
impl From<sea_orm::DbErr> for GatewayError {
    fn from(cause: sea_orm::DbErr) -> Self {
        Self::NoAnswer(cause.into())
    }
}
