//! `cartClaim`.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object};
use kit::{Result, Viewer};
use vocab::CartId;

use super::cart::Cart;
use super::given;
use super::user_error::UserError;
use crate::cart;
use crate::refusal::Refusal;
use crate::store::Store;

/// A guest's cart that somebody signed in takes over.
#[derive(InputObject)]
pub struct CartClaimInput {
    /// The cart. Its secret comes as `x-cart-token`.
    cart_id: ID,
}

/// What became of `cartClaim`.
pub enum CartClaimPayload {
    Claimed(cart::Cart),
    Refused(Refusal),
}

/// What became of `cartClaim`.
#[Object]
impl CartClaimPayload {
    /// The cart, which is the viewer's own now; null when it was not claimed.
    async fn cart(&self) -> Option<Cart> {
        match self {
            Self::Claimed(cart) => Some(Cart(Arc::new(cart.clone()))),
            Self::Refused(_) => None,
        }
    }

    /// Why the cart was not claimed; empty when it was.
    async fn user_errors(&self) -> Vec<UserError> {
        match self {
            Self::Claimed(_) => vec![],
            Self::Refused(refusal) => vec![refusal.clone().into()],
        }
    }
}

#[derive(Default)]
pub struct CartClaim;

#[Object]
impl CartClaim {
    /// Makes a guest's cart the signed-in viewer's own. Claiming it again changes nothing.
    async fn cart_claim(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which cart.")] input: CartClaimInput,
    ) -> Result<CartClaimPayload> {
        let viewer = given::<Viewer>(ctx)?;
        viewer.require_user()?;
        let cart_id = match CartId::try_from(&input.cart_id) {
            Ok(id) => id,
            Err(wrong) => return Ok(CartClaimPayload::Refused(Refusal::invalid(wrong, &["cartId"]))),
        };
        let claimed = given::<Store>(ctx)?.claim_cart(viewer, &cart_id).await?;
        Ok(claimed.map_or_else(CartClaimPayload::Refused, CartClaimPayload::Claimed))
    }
}
