//! The users database.

mod account;
mod audit_entry;
mod data_export;
mod erasure;
mod identity;
mod mail;
mod one_use_token;
mod personal;
mod preferences;
mod privacy_step;
mod saved_address;
mod session;
mod signing_key;

use kit::{Clock, Db, Result, Txn};

pub(crate) use account::AccountById;
pub(crate) use audit_entry::Recorded;
pub(crate) use data_export::ExportsOf;
pub(crate) use identity::IdentitiesOfUser;
pub(crate) use mail::Claimed;
pub use mail::MailState;
pub(crate) use one_use_token::Grant;
pub(crate) use preferences::PreferencesOf;
pub(crate) use saved_address::AddressesOf;
pub(crate) use session::Rotation;

/// The users database. It is also the loader of what is in it.
#[derive(Clone, Debug)]
pub struct Store {
    db: Db,
    clock: Clock,
}

impl Store {
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Begins a transaction that may write.
    pub(crate) async fn begin(&self) -> Result<Txn> {
        Ok(self.db.begin().await?)
    }
}
