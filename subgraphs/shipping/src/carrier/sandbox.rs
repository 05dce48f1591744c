//! A carrier that moves no parcel. Its books are another company's: tables of its own, written in transactions of its
//! own, never joined with ours.

mod books;
mod tracking_number;

use std::fmt::Write;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use kit::{Clock, Db, Passing, Txn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use vocab::Address;

use super::{Booking, Cancellation, Carrier, CarrierError, IdempotencyKey, Label, Outcome, Stage, Tracking};

const NAME: &str = "Sandbox";

/// How fast the sandbox moves its parcels, each counted from its booking.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub dispatch: TimeDelta,
    pub deliver: TimeDelta,
}

impl Pace {
    /// How far a parcel of this age has come.
    fn tracking(self, booked_at: DateTime<Utc>, now: DateTime<Utc>) -> Tracking {
        let (dispatch, deliver) = (booked_at + self.dispatch, booked_at + self.deliver);
        if deliver <= now {
            Tracking { stage: Stage::Delivered, next_change: None }
        } else if dispatch <= now {
            Tracking { stage: Stage::Dispatched, next_change: Some(deliver) }
        } else {
            Tracking { stage: Stage::Booked, next_change: Some(dispatch) }
        }
    }
}

#[derive(Clone)]
pub struct Sandbox {
    db: Db,
    clock: Clock,
    pace: Pace,
}

impl Sandbox {
    pub fn new(db: Db, clock: Clock, pace: Pace) -> Self {
        Self { db, clock, pace }
    }

    /// Notes that `key` is answered with `answer`, for the caller to make true before it commits. A key that was seen
    /// before gets what it was answered then.
    async fn open<T>(&self, key: &IdempotencyKey, request: &Value, answer: &T) -> Result<Opened<T>, CarrierError>
    where
        T: Serialize + DeserializeOwned,
    {
        let (fingerprint, answer) = (fingerprint(request), written(answer)?);
        let txn = self.db.begin().await?;
        if books::note_call(&txn, key.as_str(), &fingerprint, &answer, self.clock.now()).await? {
            return Ok(Opened::First(txn));
        }
        let seen = books::call(&txn, key.as_str()).await?;
        if seen.fingerprint != fingerprint {
            return Err(CarrierError::KeyReused(key.as_str().to_owned()));
        }
        let answer = serde_json::from_str(&seen.answer.unwrap_or_default());
        answer.map(Opened::Again).map_err(|cause| CarrierError::NoAnswer(Passing::new(cause)))
    }
}

enum Opened<T> {
    First(Txn),
    Again(T),
}

fn written(answer: &impl Serialize) -> Result<String, CarrierError> {
    serde_json::to_string(answer).map_err(|cause| CarrierError::NoAnswer(Passing::new(cause)))
}

/// Tells two requests apart without keeping the address in them.
fn fingerprint(request: &serde_json::Value) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(request.to_string()) {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
    }
    text
}

/// The addresses that a test of ours can have refused.
fn refusal(address: &Address) -> Option<&'static str> {
    let postal_code = address.postal_code.as_deref().map(str::trim);
    if postal_code == Some("00000") {
        Some("The carrier does not serve this postal code.")
    } else if address.line1.to_lowercase().split(|letter: char| !letter.is_alphanumeric()).any(|word| word == "refuse")
    {
        Some("The carrier could not verify this address.")
    } else {
        None
    }
}

#[async_trait]
impl Carrier for Sandbox {
    async fn book(&self, key: &IdempotencyKey, booking: &Booking) -> Result<Outcome, CarrierError> {
        let Booking { reference, method, address, weight_grams } = booking;
        let request = json!({ "book": reference, "method": method, "address": address, "weightGrams": weight_grams });
        let outcome = match refusal(address) {
            Some(message) => Outcome::Refused { message: message.to_owned() },
            None => Outcome::Booked(Label {
                carrier: NAME.to_owned(),
                tracking_number: tracking_number::of_key(key.as_str()),
            }),
        };
        let txn = match self.open(key, &request, &outcome).await? {
            Opened::First(txn) => txn,
            Opened::Again(answer) => return Ok(answer),
        };
        if let Outcome::Booked(label) = &outcome {
            books::add_booking(&txn, &label.tracking_number, booking, self.clock.now()).await?;
        }
        txn.commit().await?;
        Ok(outcome)
    }

    async fn cancel(&self, key: &IdempotencyKey, tracking_number: &str) -> Result<Cancellation, CarrierError> {
        let request = json!({ "cancel": tracking_number });
        let txn = match self.open(key, &request, &Cancellation::Cancelled).await? {
            Opened::First(txn) => txn,
            Opened::Again(answer) => return Ok(answer),
        };
        let undelivered_since = self.clock.now() - self.pace.deliver;
        if books::cancel_booking(&txn, tracking_number, undelivered_since).await? {
            txn.commit().await?;
            return Ok(Cancellation::Cancelled);
        }
        if books::booked_at(&*txn, tracking_number).await?.is_none() {
            return Err(CarrierError::UnknownParcel(tracking_number.to_owned()));
        }
        books::change_answer(&txn, key.as_str(), &written(&Cancellation::Delivered)?).await?;
        txn.commit().await?;
        Ok(Cancellation::Delivered)
    }

    async fn track(&self, tracking_number: &str) -> Result<Tracking, CarrierError> {
        let booked_at = books::booked_at(self.db.reader(), tracking_number).await?;
        let unknown = || CarrierError::UnknownParcel(tracking_number.to_owned());
        Ok(self.pace.tracking(booked_at.ok_or_else(unknown)?, self.clock.now()))
    }
}

/// Whatever breaks in its own database, all that a customer of the carrier sees is that it does not answer.
impl From<sea_orm::DbErr> for CarrierError {
    fn from(cause: sea_orm::DbErr) -> Self {
        Self::NoAnswer(Passing::new(cause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn an_address(line1: &str, postal_code: &str) -> Address {
        Address {
            name: "Ada".to_owned(),
            line1: line1.to_owned(),
            line2: None,
            city: "Springfield".to_owned(),
            region: None,
            postal_code: Some(postal_code.to_owned()),
            country: "US".to_owned(),
        }
    }

    #[test]
    fn two_addresses_are_for_tests_and_look_alikes_are_not() {
        assert!(refusal(&an_address("1 Main St", "00000")).is_some());
        assert!(refusal(&an_address("1 Refuse Road", "62701")).is_some());
        assert!(refusal(&an_address("1 Refused Lane", "62701")).is_none());
        assert!(refusal(&an_address("1 Main St", "000001")).is_none());
    }
}
