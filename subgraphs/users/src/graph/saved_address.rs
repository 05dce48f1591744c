use async_graphql::{ID, Object};
use vocab::{Address, AddressInput, UserErrorCode};

use super::user_error::UserError;
use crate::address_book::{self, MOST, Saved};

/// An address that a user keeps.
pub struct SavedAddress(pub address_book::SavedAddress);

/// An address that a user keeps.
#[Object]
impl SavedAddress {
    /// The id: `addr_…`.
    async fn id(&self) -> ID {
        ID::from(self.0.id.as_str())
    }

    /// The address.
    async fn address(&self) -> &Address {
        &self.0.address
    }

    /// Whether it is where parcels go unless another address is chosen.
    async fn is_default_shipping(&self) -> bool {
        self.0.default_shipping
    }

    /// Whether it is where bills go unless another address is chosen.
    async fn is_default_billing(&self) -> bool {
        self.0.default_billing
    }
}

/// What became of an address.
pub struct SavedAddressPayload(Result<address_book::SavedAddress, Vec<UserError>>);

impl SavedAddressPayload {
    pub fn refused(flaws: Vec<UserError>) -> Self {
        Self(Err(flaws))
    }
}

impl From<Saved> for SavedAddressPayload {
    fn from(saved: Saved) -> Self {
        Self(match saved {
            Saved::Done(saved) => Ok(saved),
            Saved::NotFound => Err(vec![not_found()]),
            Saved::TooMany => {
                let message = format!("You keep {MOST} addresses, and more cannot be kept. Remove one first.");
                Err(vec![UserError::coded(UserErrorCode::TooMany, message, &[])])
            }
        })
    }
}

/// What became of an address.
#[Object]
impl SavedAddressPayload {
    /// The address, as it is kept now; null when nothing was changed.
    async fn saved_address(&self) -> Option<SavedAddress> {
        self.0.as_ref().ok().map(|saved| SavedAddress(saved.clone()))
    }

    /// What cannot stand; empty when the address is kept as asked.
    async fn user_errors(&self) -> Vec<UserError> {
        self.0.as_ref().err().cloned().unwrap_or_default()
    }
}

pub fn not_found() -> UserError {
    UserError::coded(UserErrorCode::NotFound, "You keep no such address.", &["id"])
}

/// The address as its country writes it, or all that cannot stand.
pub fn checked(given: AddressInput) -> Result<Address, Vec<UserError>> {
    given.try_into_address(&["address"]).map_err(|flaws| flaws.into_iter().map(UserError::from).collect())
}
