use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kit::Result;
use vocab::AddressId;

use super::asking::signed_in;
use super::saved_address::not_found;
use super::user_error::UserError;
use crate::store::Store;

/// The address to keep no longer.
#[derive(InputObject)]
pub struct UserAddressRemoveInput {
    /// Which address.
    id: ID,
}

/// What became of an address that was to go.
#[derive(SimpleObject)]
pub struct UserAddressRemovePayload {
    /// The id of the address that was kept; null when there was none.
    removed_id: Option<ID>,
    /// Why nothing was removed; empty when it was.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct UserAddressRemove;

#[Object]
impl UserAddressRemove {
    /// Keeps an address no longer. If it was the default there is none, until you choose another.
    async fn user_address_remove(
        &self,
        ctx: &Context<'_>,
        input: UserAddressRemoveInput,
    ) -> Result<UserAddressRemovePayload> {
        let (user, _) = signed_in(ctx)?;
        let removed = match AddressId::try_from(&input.id) {
            Ok(id) => ctx.data_unchecked::<Store>().remove_address(&user, &id).await?,
            Err(_no_id) => false,
        };
        Ok(if removed {
            UserAddressRemovePayload { removed_id: Some(input.id), user_errors: Vec::new() }
        } else {
            UserAddressRemovePayload { removed_id: None, user_errors: vec![not_found()] }
        })
    }
}
