//! A guest signs in: the cart of the guest becomes the user's, and no line is lost on the way.

use kit::{Owner, Result, Txn, Viewer};
use vocab::CartId;

use crate::cart::{Cart, CartState, KeptApart};
use crate::shopper_error::ShopperError;
use crate::store::Store;

/// What became of a guest's cart.
pub(crate) enum Claimed {
    /// The cart to go on with: the guest's, or the user's own with the lines of both.
    Cart(Cart),
    /// The guest's cart, which is the user's second now, and the first, with which it could not be one.
    Apart { cart: Cart, other: CartId, why: KeptApart },
}

impl Store {
    /// Makes a guest's cart the signed-in viewer's own, in one transaction; again it gives the same cart.
    pub(crate) async fn claim_cart(&self, viewer: &Viewer, cart_id: &CartId) -> Result<Result<Claimed, ShopperError>> {
        let owner = Owner::user(&viewer.require_user()?.user_id);
        let txn = self.db.begin().await?;
        // Nobody begins another cart of the user's meanwhile.
        Self::take_turn(&txn, &owner).await?;
        let Some(cart) = self.cart_for_update(&txn, &viewer.owners(), cart_id).await? else {
            return Ok(Err(ShopperError::no_such_cart()));
        };
        if cart.owner == owner {
            let went = self.where_it_went(&txn, &owner, cart).await?;
            txn.rollback().await?;
            return Ok(Ok(went));
        }
        let claimed = self.take_over(&txn, &owner, cart).await?;
        txn.commit().await?;
        Ok(Ok(claimed))
    }

    /// A guest's cart is always locked before a user's, so that two claims never wait for each other.
    async fn take_over(&self, txn: &Txn, owner: &Owner, mut cart: Cart) -> Result<Claimed> {
        let now = self.clock.now();
        let current = match cart.state {
            CartState::Open => self.current_cart_for_update(txn, std::slice::from_ref(owner)).await?,
            _ => None,
        };
        let Some(current) = current else {
            cart.claim(owner, now);
            self.save_cart(txn, &cart).await?;
            return Ok(Claimed::Cart(cart));
        };
        match current.merged(&cart, now) {
            Ok(merged) => {
                cart.go_into(&merged, owner, now);
                self.save_cart(txn, &merged).await?;
                self.save_cart(txn, &cart).await?;
                Ok(Claimed::Cart(merged))
            }
            Err(why) => {
                cart.claim(owner, now);
                self.save_cart(txn, &cart).await?;
                Ok(Claimed::Apart { cart, other: current.id, why })
            }
        }
    }

    async fn where_it_went(&self, txn: &Txn, owner: &Owner, cart: Cart) -> Result<Claimed> {
        let Some(target) = &cart.merged_into else { return Ok(Claimed::Cart(cart)) };
        let went = self.cart_for_update(txn, std::slice::from_ref(owner), target).await?;
        Ok(Claimed::Cart(went.unwrap_or(cart)))
    }
}
