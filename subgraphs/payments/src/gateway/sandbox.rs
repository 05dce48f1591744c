//! A gateway that moves no money and otherwise behaves as Stripe's test mode does. Its books are another company's:
//! tables of its own, written in transactions of its own, never joined with ours.

mod books;
mod card;
mod report;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use kit::{Clock, Db, Retention, Transient, Txn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use vocab::{Money, OrderId};

use super::{Authorization, Charge, Decline, Found, Gateway, GatewayBalance, GatewayError, IdempotencyKey, Outcome};
use books::charge_row;
use card::Card;

const PROVIDER: &str = "Sandbox";

/// How long an authorization holds. Cards give seven days.
const HOLDS_FOR: TimeDelta = TimeDelta::days(7);

/// How long a key is remembered. Stripe gives a day.
const KEYS_LAST: TimeDelta = TimeDelta::hours(24);

#[derive(Clone)]
pub struct Sandbox {
    db: Db,
    clock: Clock,
}

impl Sandbox {
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }

    /// What the sandbox forgets in time: a key that is not remembered need not be kept.
    pub fn retention() -> Retention {
        Retention::of::<books::call_row::Entity>(books::call_row::Column::CreatedAt, KEYS_LAST)
    }

    /// Notes that `key` is answered with `answer`, for the caller to make true before it commits. A key that was seen
    /// before gets what it was answered then, unless that is so long ago that nobody remembers: then it is a new one.
    async fn open<T>(&self, key: &IdempotencyKey, request: &Value, answer: &T) -> Result<Opened<T>, GatewayError>
    where
        T: Serialize + DeserializeOwned,
    {
        let (request, answer) = (request.to_string(), written(answer)?);
        let txn = self.db.begin().await?;
        let now = self.clock.now();
        if books::note_call(&txn, key.as_str(), &request, &answer, now, now - KEYS_LAST).await? {
            return Ok(Opened::First(txn));
        }
        let seen = books::call(&txn, key.as_str()).await?;
        if seen.request != request {
            return Err(GatewayError::KeyReused(key.as_str().to_owned()));
        }
        let answer = serde_json::from_str(&seen.answer.unwrap_or_default());
        answer.map(Opened::Again).map_err(|cause| GatewayError::NoAnswer(Transient::new(cause)))
    }
}

enum Opened<T> {
    First(Txn),
    Again(T),
}

fn written(answer: &impl Serialize) -> Result<String, GatewayError> {
    serde_json::to_string(answer).map_err(|cause| GatewayError::NoAnswer(Transient::new(cause)))
}

/// Why a charge was not moved.
async fn refusal(txn: &Txn, asked: &'static str, id: &str) -> Result<GatewayError, GatewayError> {
    Ok(match books::charge(txn, id).await? {
        Some(charge) => wrong_state(asked, &charge),
        None => GatewayError::UnknownCharge(id.to_owned()),
    })
}

fn wrong_state(asked: &'static str, charge: &charge_row::Model) -> GatewayError {
    GatewayError::WrongState { asked, charge: charge.id.clone(), state: charge.state.clone() }
}

#[async_trait]
impl Gateway for Sandbox {
    async fn find(&self, order_id: &OrderId) -> Result<Option<Found>, GatewayError> {
        report::charge_of(&self.db, order_id, self.clock.now() - HOLDS_FOR).await
    }

    async fn authorize(&self, key: &IdempotencyKey, ask: &Authorization) -> Result<Outcome<Charge>, GatewayError> {
        let request = json!({ "authorize": ask.reference, "amount": ask.amount, "token": ask.token.as_str() });
        let decided = if ask.amount.minor <= 0 {
            Err(Decline::new("amount_too_small", "The amount must be greater than zero."))
        } else {
            Card::of_token(ask.token.as_str())
        };
        let charge = books::new_charge(ask, decided.as_ref().ok(), self.clock.now());
        let outcome = match decided {
            Ok(card) => Outcome::Approved(Charge {
                reference: charge.id.clone(),
                provider: PROVIDER.to_owned(),
                brand: card.brand.to_owned(),
                last4: card.last4.to_owned(),
            }),
            Err(decline) => Outcome::Declined(decline),
        };
        match self.open(key, &request, &outcome).await? {
            Opened::Again(answer) => Ok(answer),
            Opened::First(txn) => {
                books::add_charge(&txn, charge).await?;
                txn.commit().await?;
                Ok(outcome)
            }
        }
    }

    async fn capture(&self, key: &IdempotencyKey, charge: &str, amount: Money) -> Result<Outcome<()>, GatewayError> {
        let approved = Outcome::Approved(());
        let txn = match self.open(key, &json!({ "capture": charge, "amount": amount }), &approved).await? {
            Opened::First(txn) => txn,
            Opened::Again(answer) => return Ok(answer),
        };
        let now = self.clock.now();
        let held_since = now - HOLDS_FOR;
        if books::capture(&txn, charge, amount.minor, held_since, now).await? {
            txn.commit().await?;
            return Ok(approved);
        }
        let held = books::charge(&txn, charge).await?.filter(|held| held.created_at < held_since);
        if held.is_none() || !books::release(&txn, charge, books::LAPSED, now).await? {
            return Err(refusal(&txn, "capture", charge).await?);
        }
        let message = "The authorization has lapsed: the charge can no longer be captured.";
        let lapsed = Outcome::Declined(Decline::new("charge_expired_for_capture", message));
        books::change_answer(&txn, key.as_str(), &written(&lapsed)?).await?;
        txn.commit().await?;
        Ok(lapsed)
    }

    async fn void(&self, key: &IdempotencyKey, charge: &str) -> Result<(), GatewayError> {
        let txn = match self.open(key, &json!({ "void": charge }), &()).await? {
            Opened::First(txn) => txn,
            Opened::Again(()) => return Ok(()),
        };
        if !books::release(&txn, charge, books::VOIDED, self.clock.now()).await? {
            return Err(refusal(&txn, "void", charge).await?);
        }
        Ok(txn.commit().await?)
    }

    async fn refund(&self, key: &IdempotencyKey, charge: &str, amount: Money) -> Result<(), GatewayError> {
        let txn = match self.open(key, &json!({ "refund": charge, "amount": amount }), &()).await? {
            Opened::First(txn) => txn,
            Opened::Again(()) => return Ok(()),
        };
        if !books::refund(&txn, charge, amount.minor, self.clock.now()).await? {
            return Err(refusal(&txn, "refund", charge).await?);
        }
        Ok(txn.commit().await?)
    }

    async fn books(&self, after: &str, most: u64) -> Result<Option<Vec<GatewayBalance>>, GatewayError> {
        report::behind(&self.db, after, most).await.map(Some)
    }

    async fn books_since(
        &self,
        since: DateTime<Utc>,
        after: &str,
        most: u64,
    ) -> Result<Option<Vec<GatewayBalance>>, GatewayError> {
        report::moved_since(&self.db, since, after, most).await.map(Some)
    }

    async fn books_of(&self, orders: &[OrderId]) -> Result<Option<Vec<GatewayBalance>>, GatewayError> {
        report::of_each(&self.db, orders).await.map(Some)
    }

    async fn booked(&self, order_id: &OrderId) -> Result<Option<GatewayBalance>, GatewayError> {
        report::of(&self.db, order_id).await
    }
}

/// Whatever breaks in its own database, all that a customer of the gateway sees is that it does not answer.
impl From<sea_orm::DbErr> for GatewayError {
    fn from(cause: sea_orm::DbErr) -> Self {
        Self::NoAnswer(Transient::new(cause))
    }
}
