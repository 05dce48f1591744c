//! A carrier that moves no parcel. Its books are another company's: tables of its own, written in transactions of its
//! own, never joined with ours.

mod books;
mod tracking_number;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use kit::{Clock, Db, Retention, Transient, Txn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use vocab::{Address, OrderId};

use super::{Booking, Cancellation, Carrier, CarrierError, Found, IdempotencyKey, Label, Outcome, Stage, Tracking};

const NAME: &str = "Sandbox";

/// How long a key is remembered.
const KEYS_LAST: TimeDelta = TimeDelta::hours(24);

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

    /// The way back of a parcel that was called back takes as long as its way until then.
    fn tracking_back(self, booked_at: DateTime<Utc>, recalled_at: DateTime<Utc>, now: DateTime<Utc>) -> Tracking {
        let back = recalled_at + (recalled_at - (booked_at + self.dispatch));
        if back <= now {
            Tracking { stage: Stage::Returned, next_change: None }
        } else {
            Tracking { stage: Stage::Returning, next_change: Some(back) }
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

    /// What the sandbox forgets in time: a key that is not remembered need not be kept.
    pub fn retention() -> Retention {
        Retention::of::<books::call_row::Entity>(books::call_row::Column::CreatedAt, KEYS_LAST)
    }

    /// Notes that `key` is answered with `answer`, for the caller to make true before it commits. A key that was seen
    /// before gets what it was answered then, unless that is so long ago that nobody remembers: then it is a new one.
    async fn open<T>(&self, key: &IdempotencyKey, request: &Value, answer: &T) -> Result<Opened<T>, CarrierError>
    where
        T: Serialize + DeserializeOwned,
    {
        let (fingerprint, answer) = (fingerprint(request), written(answer)?);
        let txn = self.db.begin().await?;
        let now = self.clock.now();
        if books::note_call(&txn, key.as_str(), &fingerprint, &answer, now, now - KEYS_LAST).await? {
            return Ok(Opened::First(txn));
        }
        let seen = books::call(&txn, key.as_str()).await?;
        if seen.fingerprint != fingerprint {
            return Err(CarrierError::KeyReused(key.as_str().to_owned()));
        }
        let answer = serde_json::from_str(&seen.answer.unwrap_or_default());
        answer.map(Opened::Again).map_err(|cause| CarrierError::NoAnswer(Transient::new(cause)))
    }
}

enum Opened<T> {
    First(Txn),
    Again(T),
}

fn written(answer: &impl Serialize) -> Result<String, CarrierError> {
    serde_json::to_string(answer).map_err(|cause| CarrierError::NoAnswer(Transient::new(cause)))
}

/// Tells two requests apart without keeping the address in them.
fn fingerprint(request: &serde_json::Value) -> String {
    hex::encode(Sha256::digest(request.to_string()))
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
    async fn find(&self, order_id: &OrderId) -> Result<Option<Found>, CarrierError> {
        let booked = books::booking_of(self.db.reader(), order_id.as_str()).await?;
        Ok(booked.map(|booking| Found {
            cancellation: booking.cancellation(),
            label: Label { carrier: NAME.to_owned(), tracking_number: booking.tracking_number },
        }))
    }

    async fn book(&self, key: &IdempotencyKey, booking: &Booking) -> Result<Outcome, CarrierError> {
        let Booking { reference, method, address, weight_grams } = booking;
        let request = json!({ "book": reference, "method": method, "address": address, "weightGrams": weight_grams });
        let outcome = match refusal(address) {
            Some(message) => Outcome::Refused { message: message.to_owned() },
            None => Outcome::Booked(Label {
                carrier: NAME.to_owned(),
                tracking_number: tracking_number::of_call(key.as_str(), self.clock.now()),
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
        let now = self.clock.now();
        let under_way = (now - self.pace.deliver, now - self.pace.dispatch);
        if books::cancel_booking(&txn, tracking_number, under_way.1).await? {
            txn.commit().await?;
            return Ok(Cancellation::Cancelled);
        }
        let answer = if books::recall_booking(&txn, tracking_number, under_way, now).await? {
            Cancellation::Recalled
        } else {
            let booking = books::booking(&*txn, tracking_number).await?;
            let unknown = || CarrierError::UnknownParcel(tracking_number.to_owned());
            booking
                .filter(|booking| booking.cancellation().is_none())
                .map(|_| Cancellation::Delivered)
                .ok_or_else(unknown)?
        };
        books::change_answer(&txn, key.as_str(), &written(&answer)?).await?;
        txn.commit().await?;
        Ok(answer)
    }

    async fn track(&self, tracking_number: &str) -> Result<Tracking, CarrierError> {
        let unknown = || CarrierError::UnknownParcel(tracking_number.to_owned());
        let booking = books::booking(self.db.reader(), tracking_number).await?.ok_or_else(unknown)?;
        let now = self.clock.now();
        match (booking.cancellation(), booking.recalled_at) {
            (None, _) => Ok(self.pace.tracking(booking.created_at, now)),
            (Some(_), Some(recalled_at)) => Ok(self.pace.tracking_back(booking.created_at, recalled_at, now)),
            (Some(_), None) => Err(unknown()),
        }
    }
}

/// Whatever breaks in its own database, all that a customer of the carrier sees is that it does not answer.
impl From<sea_orm::DbErr> for CarrierError {
    fn from(cause: sea_orm::DbErr) -> Self {
        Self::NoAnswer(Transient::new(cause))
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
