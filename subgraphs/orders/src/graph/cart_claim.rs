//! `cartClaim`.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object};
use kit::{Result, Viewer};
use vocab::CartId;

use super::cart::Cart;
use super::carts_kept_apart::CartsKeptApart;
use super::given;
use super::user_error::UserError;
use crate::shopper_error::ShopperError;
use crate::shopping::Claimed;
use crate::store::{Store, Visible};

/// A guest's cart that somebody signed in takes over.
#[derive(InputObject)]
pub struct CartClaimInput {
    /// The cart. Its secret comes as `x-cart-token`.
    cart_id: ID,
}

/// What became of `cartClaim`.
pub enum CartClaimPayload {
    Claimed(Claimed),
    Refused(ShopperError),
}

/// What became of `cartClaim`.
#[Object]
impl CartClaimPayload {
    /// The cart to go on with, which is the viewer's own: the one the viewer had, with the lines of both, or else the
    /// guest's. Null when it was not claimed: then the guest's secret is still needed.
    async fn cart(&self) -> Option<Cart> {
        match self {
            Self::Claimed(Claimed::Cart(cart) | Claimed::Apart { cart, .. }) => Some(Cart(Arc::new(cart.clone()))),
            Self::Refused(_) => None,
        }
    }

    /// Why the cart was not claimed, or why it is claimed and stands beside the viewer's other one; else empty.
    async fn user_errors(&self) -> Vec<UserError> {
        match self {
            Self::Claimed(Claimed::Cart(_)) => vec![],
            Self::Claimed(Claimed::Apart { other, why, .. }) => vec![CartsKeptApart::new(other, *why).into()],
            Self::Refused(refusal) => vec![refusal.clone().into()],
        }
    }
}

#[derive(Default)]
pub struct CartClaim;

#[Object]
impl CartClaim {
    /// Makes a guest's cart the signed-in viewer's own. When the viewer has an open cart, the lines of the guest's go into
    /// it and quantities add up. Claiming it again changes nothing and gives the same cart. Orders need no claim: those
    /// made with the viewer's verified address are the viewer's.
    async fn cart_claim(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which cart.")] input: CartClaimInput,
    ) -> Result<CartClaimPayload> {
        let viewer = given::<Viewer>(ctx)?;
        viewer.require_user()?;
        // What was bought with the secret comes along with what was not yet.
        given::<Visible>(ctx)?.claim_orders().await;
        let cart_id = match CartId::try_from(&input.cart_id) {
            Ok(id) => id,
            Err(wrong) => return Ok(CartClaimPayload::Refused(ShopperError::invalid(wrong, &["cartId"]))),
        };
        let claimed = given::<Store>(ctx)?.claim_cart(viewer, &cart_id).await?;
        Ok(claimed.map_or_else(CartClaimPayload::Refused, CartClaimPayload::Claimed))
    }
}
