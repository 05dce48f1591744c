//! Addresses that a user keeps.

use vocab::{Address, AddressId};

/// An address that a user keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedAddress {
    pub id: AddressId,
    pub address: Address,
    pub default_shipping: bool,
    pub default_billing: bool,
}

/// The most that one user keeps.
pub const MOST: usize = 50;

/// What became of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    Done(SavedAddress),
    NotFound,
    TooMany,
}

/// What is to change in an address that is kept. `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct AddressChanges {
    pub address: Option<Address>,
    pub default_shipping: Option<bool>,
    pub default_billing: Option<bool>,
}
