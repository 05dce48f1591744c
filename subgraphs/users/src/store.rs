//! The users database.

mod account;
mod audit_entry;
mod data_export;
mod disabled;
mod erasure;
mod identity;
mod known_device;
mod mail;
mod one_use_token;
mod personal;
mod preferences;
mod privacy_step;
mod retention;
mod saved_address;
mod second_factor;
mod session;
mod signing_key;

use kit::{Clock, Db, Failure, Result, Sealing, Txn};

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
    /// None where nothing secret is read or written.
    sealing: Option<Sealing>,
}

impl Store {
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock, sealing: None }
    }

    /// A store that can read and write what is kept sealed.
    pub fn with_sealing(self, sealing: Sealing) -> Self {
        Self { sealing: Some(sealing), ..self }
    }

    pub(crate) fn sealing(&self) -> Result<&Sealing> {
        let missing = || Failure::fault(anyhow::anyhow!("there is no key to open what is kept sealed"));
        self.sealing.as_ref().ok_or_else(missing)
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Begins a transaction that may write.
    pub(crate) async fn begin(&self) -> Result<Txn> {
        Ok(self.db.begin().await?)
    }
}
