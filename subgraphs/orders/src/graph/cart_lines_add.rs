//! `cartLinesAdd`.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object};
use kit::{Result, Viewer};
use vocab::{CartId, VariantId};

use super::cart::{Cart, beside};
use super::given;
use super::user_error::UserError;
use crate::cart::{MOST_LINES, Wanted};
use crate::shopper_error::ShopperError;
use crate::shopping::Changed;
use crate::store::{Request, Store};

/// Lines to put into a cart.
#[derive(InputObject)]
pub struct CartLinesAddInput {
    /// The cart; null for the viewer's `currentCart`, or a new one when there is none.
    cart_id: Option<ID>,
    /// What to add; 1 to 100 lines. A variant that is in the cart already gets more units.
    lines: Vec<CartLineInput>,
    /// A key that the client chooses for this request. The same request again, under the same key, lands once. Keys are
    /// the viewer's own. Of a guest who has no secret yet the key is all that is known, so it must be a random UUID:
    /// whoever sends the same request under it within ten minutes is given the same cart and the same secret, until
    /// a checkout of that cart has begun.
    idempotency_key: String,
}

/// Units of a variant.
#[derive(InputObject)]
pub struct CartLineInput {
    /// The id of the variant.
    variant_id: ID,
    /// How many units to add: as many as `availability.maxPerOrder`, with those in the cart.
    #[graphql(default = 1)]
    quantity: i32,
}

/// What became of `cartLinesAdd`.
pub enum CartLinesAddPayload {
    Added(Changed),
    Refused(Vec<ShopperError>, Option<ID>),
}

/// What became of `cartLinesAdd`.
#[Object]
impl CartLinesAddPayload {
    /// The cart as it is now; when nothing was added, the one that was named, or else the one that the viewer fills.
    /// Null when that is none.
    async fn cart(&self, ctx: &Context<'_>) -> Result<Option<Cart>> {
        match self {
            Self::Added(changed) => Ok(Some(Cart(Arc::new(changed.cart.clone())))),
            Self::Refused(_, named) => beside(ctx, named.as_ref()).await,
        }
    }

    /// The secret that a guest's new cart is found with: send it as `x-cart-token` from now on. Only secrets that the
    /// shop has given out count; who sends another is given a new one. Null when the viewer is signed in or has a secret
    /// already.
    async fn cart_token(&self) -> Option<&str> {
        match self {
            Self::Added(changed) => changed.token.as_deref(),
            Self::Refused(..) => None,
        }
    }

    /// Why nothing was added, all of it at once; empty when it was. The path of what is wrong with a line holds the place of
    /// the line: `["lines", "2", "quantity"]`.
    async fn user_errors(&self) -> Vec<UserError> {
        match self {
            Self::Added(_) => vec![],
            Self::Refused(refused, _) => UserError::all(refused),
        }
    }
}

#[derive(Default)]
pub struct CartLinesAdd;

#[Object]
impl CartLinesAdd {
    /// Puts lines into a cart, or begins one. Adding commutes: of two that add at once, both land, in one cart.
    async fn cart_lines_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to add, and to which cart.")] input: CartLinesAddInput,
    ) -> Result<CartLinesAddPayload> {
        let named = input.cart_id.clone();
        let refused = |flaws| CartLinesAddPayload::Refused(flaws, named);
        let asked = match input.read() {
            Ok(asked) => asked,
            Err(flaws) => return Ok(refused(flaws)),
        };
        let (store, viewer) = (given::<Store>(ctx)?, given::<Viewer>(ctx)?);
        let added = store.add_lines(viewer, asked.cart_id.as_ref(), &asked.wanted, &asked.request).await?;
        Ok(added.map_or_else(refused, CartLinesAddPayload::Added))
    }
}

struct Asked {
    cart_id: Option<CartId>,
    wanted: Vec<Wanted>,
    request: Request,
}

impl CartLinesAddInput {
    /// What is asked, or all that is wrong with it in any shop. What is wrong with lines alone the cart tells, with what is
    /// wrong with them in this one.
    fn read(self) -> Result<Asked, Vec<ShopperError>> {
        let cart_id = self.cart_id.as_ref().map(CartId::try_from).transpose();
        let cart_id = cart_id.map_err(|wrong| ShopperError::invalid(wrong, &["cartId"]));
        let wanted: Vec<Wanted> = self.lines.iter().map(Wanted::from).collect();
        let said: Vec<_> = self.lines.iter().map(|line| (line.variant_id.as_str(), line.quantity)).collect();
        let input = serde_json::json!({ "cartId": self.cart_id.as_ref().map(|id| id.as_str()), "lines": said });
        let request = Request::try_new("cartLinesAdd", &self.idempotency_key, &input);
        match (cart_id, lines_of_one_request(wanted.len()), request) {
            (Ok(cart_id), Ok(()), Ok(request)) => Ok(Asked { cart_id, wanted, request }),
            (cart_id, Ok(()), request) => {
                let flaws = cart_id.err().into_iter().chain(Wanted::flaws(&wanted));
                Err(flaws.chain(request.err()).collect())
            }
            (cart_id, Err(number), request) => {
                Err(cart_id.err().into_iter().chain([number]).chain(request.err()).collect())
            }
        }
    }
}

impl From<&CartLineInput> for Wanted {
    fn from(line: &CartLineInput) -> Self {
        Self { variant_id: VariantId::try_from(&line.variant_id), units: line.quantity }
    }
}

/// As many lines as one request takes.
pub(super) fn lines_of_one_request(lines: usize) -> Result<(), ShopperError> {
    match lines {
        1..=MOST_LINES => Ok(()),
        _ => Err(ShopperError::invalid(format!("Give 1 to {MOST_LINES} lines."), &["lines"])),
    }
}
