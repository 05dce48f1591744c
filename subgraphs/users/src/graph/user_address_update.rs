use async_graphql::{Context, ID, InputObject, Object};
use kit::Result;
use vocab::{AddressId, AddressInput};

use super::asking::signed_in;
use super::saved_address::{SavedAddressPayload, checked, not_found};
use crate::address_book::AddressChanges;
use crate::store::Store;

/// What is to change in an address that you keep. What is left out stays.
#[derive(InputObject)]
pub struct UserAddressUpdateInput {
    /// Which address.
    id: ID,
    /// The whole address that it is to be.
    address: Option<AddressInput>,
    /// Whether parcels go there unless another address is chosen.
    is_default_shipping: Option<bool>,
    /// Whether bills go there unless another address is chosen.
    is_default_billing: Option<bool>,
}

#[derive(Default)]
pub struct UserAddressUpdate;

#[Object]
impl UserAddressUpdate {
    /// Changes an address that you keep. Orders that went there stay as they are.
    async fn user_address_update(
        &self,
        ctx: &Context<'_>,
        input: UserAddressUpdateInput,
    ) -> Result<SavedAddressPayload> {
        let UserAddressUpdateInput { id, address, is_default_shipping, is_default_billing } = input;
        let (user, _) = signed_in(ctx)?;
        let id = AddressId::try_from(&id).map_err(|_no_id| not_found());
        let (id, address) = match (id, address.map(checked).transpose()) {
            (Ok(id), Ok(address)) => (id, address),
            (id, address) => {
                let flaws = id.err().into_iter().chain(address.err().unwrap_or_default());
                return Ok(SavedAddressPayload::refused(flaws.collect()));
            }
        };
        let changes =
            AddressChanges { address, default_shipping: is_default_shipping, default_billing: is_default_billing };
        Ok(ctx.data_unchecked::<Store>().change_address(&user, &id, changes).await?.into())
    }
}
