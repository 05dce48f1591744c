//! `cartDeliverySelect`.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object};
use kit::{Result, Viewer};
use vocab::{CartId, CountryCode};

use super::cart::{Cart, beside};
use super::given;
use super::user_error::UserError;
use crate::cart;
use crate::delivery::Delivery;
use crate::shopper_error::ShopperError;
use crate::store::{Request, Store};

/// How a cart is to be delivered.
#[derive(InputObject)]
pub struct CartDeliverySelectInput {
    /// The cart.
    cart_id: ID,
    /// The country it goes to, as ISO 3166-1 alpha-2 names it, in letters of either case: `US`.
    country: String,
    /// The `method` of a delivery option of the cart.
    method: String,
    /// A key that the client chooses for this request; null for none. Choosing the same twice changes nothing, with a
    /// key or without.
    idempotency_key: Option<String>,
}

/// What became of `cartDeliverySelect`.
pub enum CartDeliverySelectPayload {
    Selected(cart::Cart),
    Refused(Vec<ShopperError>, ID),
}

/// What became of `cartDeliverySelect`.
#[Object]
impl CartDeliverySelectPayload {
    /// The cart as it is now, with delivery in its cost where one is chosen; when the one that was named is not the
    /// viewer's, the one that the viewer fills. Null when that is none.
    async fn cart(&self, ctx: &Context<'_>) -> Result<Option<Cart>> {
        match self {
            Self::Selected(cart) => Ok(Some(Cart(Arc::new(cart.clone())))),
            Self::Refused(_, named) => beside(ctx, Some(named)).await,
        }
    }

    /// Why nothing was changed, all of it at once; empty when it was.
    async fn user_errors(&self) -> Vec<UserError> {
        match self {
            Self::Selected(_) => vec![],
            Self::Refused(refused, _) => UserError::all(refused),
        }
    }
}

#[derive(Default)]
pub struct CartDeliverySelect;

#[Object]
impl CartDeliverySelect {
    /// Chooses how a cart is delivered, so that its cost contains it. The checkout names its delivery itself.
    async fn cart_delivery_select(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which cart, and how it is to be delivered.")] input: CartDeliverySelectInput,
    ) -> Result<CartDeliverySelectPayload> {
        let named = input.cart_id.clone();
        let refused = |flaws| CartDeliverySelectPayload::Refused(flaws, named);
        let (cart_id, delivery, request) = match input.read() {
            Ok(read) => read,
            Err(flaws) => return Ok(refused(flaws)),
        };
        let (store, viewer) = (given::<Store>(ctx)?, given::<Viewer>(ctx)?);
        let selected = store.select_delivery(viewer, &cart_id, delivery, request.as_ref()).await?;
        Ok(selected.map_or_else(|refusal| refused(refusal.into()), CartDeliverySelectPayload::Selected))
    }
}

impl CartDeliverySelectInput {
    fn read(self) -> Result<(CartId, Delivery, Option<Request>), Vec<ShopperError>> {
        let cart_id = CartId::try_from(&self.cart_id).map_err(|wrong| ShopperError::invalid(wrong, &["cartId"]));
        let country = CountryCode::parse(&self.country).map_err(|none| ShopperError::invalid(none, &["country"]));
        let method = match self.method.len() {
            1..=64 => Ok(self.method),
            _ => Err(ShopperError::invalid("Choose one of the ways of delivery that the cart has.", &["method"])),
        };
        let said = country.as_ref().map(CountryCode::as_str).unwrap_or_default();
        let input = serde_json::json!({
            "cartId": self.cart_id.as_str(), "country": said, "method": method.as_deref().unwrap_or_default()
        });
        let request = self.idempotency_key.map(|key| Request::try_new("cartDeliverySelect", &key, &input)).transpose();
        match (cart_id, country, method, request) {
            (Ok(cart_id), Ok(country), Ok(method), Ok(request)) => {
                Ok((cart_id, Delivery { country: country.into(), method }, request))
            }
            (cart_id, country, method, request) => {
                let flaws = [cart_id.err(), country.err(), method.err(), request.err()];
                Err(flaws.into_iter().flatten().collect())
            }
        }
    }
}
