//! The users database.

mod account;
mod mail;
mod one_use_token;
mod signing_key;

use kit::{Clock, Db};

pub(crate) use account::AccountById;
pub(crate) use mail::Claimed;
pub use mail::MailState;
pub(crate) use one_use_token::Grant;

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
}
