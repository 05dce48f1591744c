//! Choosing how a cart is delivered.

use kit::{Result, Viewer};
use vocab::CartId;

use crate::cart::Cart;
use crate::delivery::Delivery;
use crate::shopper_error::ShopperError;
use crate::store::{Claim, Request, Store};

impl Store {
    /// Chooses how a cart is delivered. To choose the same again changes nothing, so a key is only for who wants one.
    pub(crate) async fn select_delivery(
        &self,
        viewer: &Viewer,
        cart_id: &CartId,
        delivery: Delivery,
        request: Option<&Request>,
    ) -> Result<Result<Cart, ShopperError>> {
        let owners = viewer.owners();
        let txn = self.db.begin().await?;
        let Some(mut cart) = self.cart_for_update(&txn, &owners, cart_id).await? else {
            return Ok(Err(ShopperError::no_such_cart()));
        };
        if let Some(request) = request {
            let claim = match Self::recall(&*txn, &owners, request).await? {
                Claim::First => self.claim_key(&txn, &cart.owner, request, cart.id.as_str()).await?,
                known => known,
            };
            match claim {
                Claim::First => {}
                Claim::Again(_) => {
                    txn.rollback().await?;
                    return Ok(Ok(cart));
                }
                Claim::Mismatch => return Ok(Err(Request::mismatch())),
            }
        }
        let rates = Self::rates_in(&*txn, [delivery.country.as_str()]).await?;
        if let Err(refused) = cart.choose(delivery, &rates, self.clock.now()) {
            return Ok(Err(refused));
        }
        self.save_cart(&txn, &cart).await?;
        txn.commit().await?;
        Ok(Ok(cart))
    }
}
