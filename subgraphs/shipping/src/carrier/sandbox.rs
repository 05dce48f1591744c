//! A carrier that moves no parcel. Its books are another company's: tables of its own, written in transactions of its
//! own, never joined with ours.

mod books;
mod tracking_number;

use std::fmt::Write;

use async_trait::async_trait;
use kit::{Clock, Db, Txn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use sha2::{Digest, Sha256};
use vocab::Address;

use super::{Booking, Carrier, CarrierError, IdempotencyKey, Label, Outcome};

const NAME: &str = "Sandbox";

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
    async fn open(&self, key: &IdempotencyKey, request: &serde_json::Value) -> Result<Opened, CarrierError> {
        let txn = self.db.begin().await?;
        let fingerprint = fingerprint(request);
        if books::note_call(&txn, key.as_str(), &fingerprint, self.clock.now()).await? {
            return Ok(Opened::First(txn));
        }
        let seen = books::call(&txn, key.as_str()).await?;
        if seen.fingerprint != fingerprint {
            return Err(CarrierError::KeyReused(key.as_str().to_owned()));
        }
        Ok(Opened::Again(seen.answer.unwrap_or_default()))
    }
}

enum Opened {
    First(Txn),
    Again(String),
}

async fn close<T: Serialize>(txn: Txn, key: &IdempotencyKey, answer: T) -> Result<T, CarrierError> {
    let text = serde_json::to_string(&answer).map_err(|cause| CarrierError::NoAnswer(cause.into()))?;
    books::answer_call(&txn, key.as_str(), &text).await?;
    txn.commit().await?;
    Ok(answer)
}

fn again<T: DeserializeOwned>(answer: &str) -> Result<T, CarrierError> {
    serde_json::from_str(answer).map_err(|cause| CarrierError::NoAnswer(cause.into()))
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
        let txn = match self.open(key, &request).await? {
            Opened::First(txn) => txn,
            Opened::Again(answer) => return again(&answer),
        };
        let outcome = match refusal(address) {
            Some(message) => Outcome::Refused { message: message.to_owned() },
            None => {
                let tracking_number = tracking_number::of_key(key.as_str());
                books::add_booking(&txn, &tracking_number, booking, self.clock.now()).await?;
                Outcome::Booked(Label { carrier: NAME.to_owned(), tracking_number })
            }
        };
        close(txn, key, outcome).await
    }

    async fn cancel(&self, key: &IdempotencyKey, tracking_number: &str) -> Result<(), CarrierError> {
        let txn = match self.open(key, &json!({ "cancel": tracking_number })).await? {
            Opened::First(txn) => txn,
            Opened::Again(answer) => return again(&answer),
        };
        if !books::cancel_booking(&txn, tracking_number).await? {
            return Err(CarrierError::UnknownParcel(tracking_number.to_owned()));
        }
        close(txn, key, ()).await
    }
}

/// Whatever breaks in its own database, all that a customer of the carrier sees is that it does not answer.
impl From<sea_orm::DbErr> for CarrierError {
    fn from(cause: sea_orm::DbErr) -> Self {
        Self::NoAnswer(cause.into())
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
