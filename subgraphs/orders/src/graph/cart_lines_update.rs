//! `cartLinesUpdate`.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object};
use kit::{Result, Viewer};
use vocab::{CartId, CartLineId};

use super::cart::{Cart, beside};
use super::cart_lines_add::lines_of_one_request;
use super::given;
use super::user_error::UserError;
use crate::cart::{self, Setting};
use crate::shopper_error::ShopperError;
use crate::store::{Request, Store};

/// Lines to set or to take out.
#[derive(InputObject)]
pub struct CartLinesUpdateInput {
    /// The cart.
    cart_id: ID,
    /// The version that the change must land on: when it is another by now, nothing changes. Null to set the lines
    /// whatever became of others meanwhile.
    version: Option<i32>,
    /// What to change; 1 to 100 lines.
    lines: Vec<CartLineSet>,
    /// A key that the client chooses for this request. The same request again, under the same key, lands once.
    idempotency_key: String,
}

/// What a line is to hold from now on, at the price of now.
#[derive(InputObject)]
pub struct CartLineSet {
    /// The id of the line.
    line_id: ID,
    /// How many units, up to `availability.maxPerOrder`; 0 takes the line out, and is done already when it is not there.
    quantity: i32,
}

/// What became of `cartLinesUpdate`.
pub enum CartLinesUpdatePayload {
    Updated(cart::Cart),
    Refused(Vec<ShopperError>, ID),
}

/// What became of `cartLinesUpdate`.
#[Object]
impl CartLinesUpdatePayload {
    /// The cart as it is now, whether it was changed or not; when the one that was named is not the viewer's, the one that
    /// the viewer fills. Null when that is none.
    async fn cart(&self, ctx: &Context<'_>) -> Result<Option<Cart>> {
        match self {
            Self::Updated(cart) => Ok(Some(Cart(Arc::new(cart.clone())))),
            Self::Refused(_, named) => beside(ctx, Some(named)).await,
        }
    }

    /// Why nothing was changed, all of it at once; empty when it was. The path of what is wrong with a line holds the place
    /// of the line in the input: `["lines", "2", "quantity"]`.
    async fn user_errors(&self) -> Vec<UserError> {
        match self {
            Self::Updated(_) => vec![],
            Self::Refused(refused, _) => UserError::all(refused),
        }
    }
}

#[derive(Default)]
pub struct CartLinesUpdate;

#[Object]
impl CartLinesUpdate {
    /// Sets how many units lines hold, or takes lines out. A line that is set takes the price of now, so setting it to
    /// what it was accepts a changed price. Of two who set one line, the later wins; other lines do not matter.
    async fn cart_lines_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lines of which cart, and what they are to hold.")] input: CartLinesUpdateInput,
    ) -> Result<CartLinesUpdatePayload> {
        let named = input.cart_id.clone();
        let refused = |flaws| CartLinesUpdatePayload::Refused(flaws, named);
        let asked = match input.read() {
            Ok(asked) => asked,
            Err(flaws) => return Ok(refused(flaws)),
        };
        let (store, viewer) = (given::<Store>(ctx)?, given::<Viewer>(ctx)?);
        let Asked { cart_id, version, settings, request } = &asked;
        let updated = store.set_lines(viewer, cart_id, *version, settings, request).await?;
        Ok(updated.map_or_else(refused, CartLinesUpdatePayload::Updated))
    }
}

struct Asked {
    cart_id: CartId,
    version: Option<i32>,
    settings: Vec<Setting>,
    request: Request,
}

impl CartLinesUpdateInput {
    /// What is asked, or all that is wrong with it in any cart. What is wrong with lines alone the cart tells, with what is
    /// wrong with them in this one.
    fn read(self) -> Result<Asked, Vec<ShopperError>> {
        let cart_id = CartId::try_from(&self.cart_id).map_err(|wrong| ShopperError::invalid(wrong, &["cartId"]));
        let settings: Vec<Setting> = self.lines.iter().map(Setting::from).collect();
        let said: Vec<_> = self.lines.iter().map(|line| (line.line_id.as_str(), line.quantity)).collect();
        let input = serde_json::json!({ "cartId": self.cart_id.as_str(), "version": self.version, "lines": said });
        let request = Request::try_new("cartLinesUpdate", &self.idempotency_key, &input);
        match (cart_id, lines_of_one_request(settings.len()), request) {
            (Ok(cart_id), Ok(()), Ok(request)) => Ok(Asked { cart_id, version: self.version, settings, request }),
            (cart_id, Ok(()), request) => {
                let flaws = cart_id.err().into_iter().chain(Setting::flaws(&settings));
                Err(flaws.chain(request.err()).collect())
            }
            (cart_id, Err(number), request) => {
                Err(cart_id.err().into_iter().chain([number]).chain(request.err()).collect())
            }
        }
    }
}

impl From<&CartLineSet> for Setting {
    fn from(line: &CartLineSet) -> Self {
        Self { line_id: CartLineId::try_from(&line.line_id), units: line.quantity }
    }
}
