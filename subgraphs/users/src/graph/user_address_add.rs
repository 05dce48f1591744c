use async_graphql::{Context, InputObject, Object};
use kit::Result;
use vocab::{AddressId, AddressInput};

use super::asking::signed_in;
use super::saved_address::{SavedAddressPayload, checked};
use crate::address_book::SavedAddress;
use crate::store::Store;

/// An address to keep.
#[derive(InputObject)]
pub struct UserAddressAddInput {
    /// The address, with what its country needs.
    address: AddressInput,
    /// Whether parcels go there unless another address is chosen. The first address that is kept is it anyway.
    #[graphql(default)]
    is_default_shipping: bool,
    /// Whether bills go there unless another address is chosen. The first address that is kept is it anyway.
    #[graphql(default)]
    is_default_billing: bool,
}

#[derive(Default)]
pub struct UserAddressAdd;

#[Object]
impl UserAddressAdd {
    /// Keeps an address for the next order. At most 50 are kept.
    async fn user_address_add(&self, ctx: &Context<'_>, input: UserAddressAddInput) -> Result<SavedAddressPayload> {
        let UserAddressAddInput { address, is_default_shipping, is_default_billing } = input;
        let (user, _) = signed_in(ctx)?;
        let address = match checked(address) {
            Ok(address) => address,
            Err(flaws) => return Ok(SavedAddressPayload::refused(flaws)),
        };
        let wanted = SavedAddress {
            id: AddressId::generate(),
            address,
            default_shipping: is_default_shipping,
            default_billing: is_default_billing,
        };
        Ok(ctx.data_unchecked::<Store>().add_address(&user, wanted).await?.into())
    }
}
