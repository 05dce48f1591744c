//! `checkoutSubmit`.

use std::sync::Arc;

use async_graphql::{Context, Error, ID, InputObject, Object};
use kit::{Failure, Result, Viewer};
use vocab::{AddressInput, CartId, Email, IdempotencyKey, InvalidInput, Money, MoneyInput};

use super::cart::{Cart, beside};
use super::checkout::Checkout;
use super::user_error::UserError;
use super::{given, load};
use crate::checkout::{self, Submission};
use crate::placing::Submitted;
use crate::shopper_error::ShopperError;
use crate::store::{CheckoutById, Claim, Fault, Request, Store};

/// A cart to buy.
#[derive(InputObject)]
pub struct CheckoutSubmitInput {
    /// The cart.
    cart_id: ID,
    /// The version of the cart that the shopper was shown.
    cart_version: i32,
    /// The total that the shopper was shown, with delivery: the `total` of a delivery option. When it is another by
    /// now, nothing is bought.
    expected_total: MoneyInput,
    /// Where it goes.
    shipping_address: AddressInput,
    /// How it goes there: the `method` of a delivery option.
    shipping_method: String,
    /// What the payment provider gave for the card. Never the card itself.
    payment_method_token: String,
    /// The buyer's mail address. A guest finds the order again with it, and whoever has an account with it, verified, finds
    /// the order there.
    email: String,
    /// A key that the client chooses for this request, 1 to 255 bytes: a UUID does well. The same request again, under
    /// the same key, buys once and has the same answer for as long as a cart lasts and for 30 days at least; after that
    /// it buys nothing either. Another request under the same key is refused. A request that is refused leaves its key
    /// free. One that breaks on our side keeps it, and breaks the same way however often it is sent: read the cart, and
    /// take a new key to try again. Only when nothing could be written at all is the key free still.
    idempotency_key: String,
}

/// What became of `checkoutSubmit`.
pub enum CheckoutSubmitPayload {
    Submitted(Arc<checkout::Checkout>, ID),
    Refused(Vec<ShopperError>, ID),
}

/// What became of `checkoutSubmit`.
#[Object]
impl CheckoutSubmitPayload {
    /// The checkout, which has only begun: ask for it again after `nextPollMs`. Null when it was refused.
    async fn checkout(&self) -> Option<Checkout> {
        match self {
            Self::Submitted(checkout, _) => Some(Checkout(Arc::clone(checkout))),
            Self::Refused(..) => None,
        }
    }

    /// The cart as it is now; when the one that was named is not the viewer's, the one that the viewer fills. Null when
    /// that is none.
    async fn cart(&self, ctx: &Context<'_>) -> Result<Option<Cart>> {
        let (Self::Submitted(_, named) | Self::Refused(_, named)) = self;
        beside(ctx, Some(named)).await
    }

    /// Why no checkout has begun, all of it at once; empty when one has.
    async fn user_errors(&self) -> Vec<UserError> {
        match self {
            Self::Submitted(..) => vec![],
            Self::Refused(refused, _) => UserError::all(refused),
        }
    }
}

#[derive(Default)]
pub struct CheckoutSubmit;

#[Object]
impl CheckoutSubmit {
    /// Buys a cart, and answers at once with a checkout to follow. The same key buys once, however often it is sent.
    async fn checkout_submit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which cart, at which total, and where it goes.")] input: CheckoutSubmitInput,
    ) -> Result<CheckoutSubmitPayload, Error> {
        let named = input.cart_id.clone();
        let (cart_id, submission, request) = match input.read() {
            Ok(read) => read,
            Err(flaws) => {
                let refused = flaws.into_iter().map(ShopperError::Invalid).collect();
                return Ok(CheckoutSubmitPayload::Refused(refused, named));
            }
        };
        let (store, viewer) = (given::<Store>(ctx)?, given::<Viewer>(ctx)?);
        match store.submit(viewer, &cart_id, &submission, &request).await {
            Ok(submitted) => answer(ctx, submitted, named).await,
            Err(failure) => broken(ctx, &request, failure, named).await,
        }
    }
}

async fn answer(ctx: &Context<'_>, submitted: Submitted, named: ID) -> Result<CheckoutSubmitPayload, Error> {
    let id = match submitted {
        Submitted::Begun(id) => id,
        Submitted::Refused(refused) => return Ok(CheckoutSubmitPayload::Refused(refused, named)),
        Submitted::Broken(fault) => return Err(fault.into()),
    };
    let checkout = load(ctx, CheckoutById(id)).await?;
    let missing = || Failure::fault(anyhow::anyhow!("a checkout is gone right after its commit"));
    Ok(CheckoutSubmitPayload::Submitted(checkout.ok_or_else(missing)?, named))
}

/// A fault is the answer to this request as long as its key is remembered, unless the request has landed after all, or nothing can be written.
async fn broken(
    ctx: &Context<'_>,
    request: &Request,
    failure: Failure,
    named: ID,
) -> Result<CheckoutSubmitPayload, Error> {
    let retryable = failure.is_transient();
    let error = Error::from(failure);
    let Some(fault) = Fault::told_by(&error).filter(|_| !retryable) else { return Err(error) };
    let owners = given::<Viewer>(ctx)?.owners();
    match given::<Store>(ctx)?.keep_fault(&owners, request, &fault).await {
        Ok(Claim::Again(before)) => answer(ctx, Submitted::before(&before)?, named).await,
        Ok(Claim::First | Claim::Mismatch) => Err(error),
        Err(unkept) => {
            let cause = unkept.into_anyhow();
            tracing::warn!(trace_id = fault.trace_id, cause = format!("{cause:#}"), "a fault is not remembered");
            Err(error)
        }
    }
}

impl CheckoutSubmitInput {
    fn read(self) -> Result<(CartId, Submission, Request), Vec<InvalidInput>> {
        let cart_id = CartId::try_from(&self.cart_id).map_err(|wrong| InvalidInput::new(wrong, &["cartId"]));
        let address = self.shipping_address.try_into_address(&["shippingAddress"]);
        let token = must_be_a_token(&self.payment_method_token);
        let email = Email::parse(&self.email).map_err(|wrong| InvalidInput::new(wrong, &["email"]));
        let key = IdempotencyKey::parse(&self.idempotency_key);
        let key = key.map_err(|wrong| InvalidInput::new(wrong, &["idempotencyKey"]));
        let (cart_id, address, email, key) = match (cart_id, address, token, email, key) {
            (Ok(cart_id), Ok(address), Ok(()), Ok(email), Ok(key)) => (cart_id, address, email, key),
            (cart_id, address, token, email, key) => {
                let mut flaws = Vec::from_iter(cart_id.err());
                flaws.extend(address.err().unwrap_or_default());
                flaws.extend([token.err(), email.err(), key.err()].into_iter().flatten());
                return Err(flaws);
            }
        };
        let submission = Submission {
            cart_version: self.cart_version,
            expected_total: Money::from(self.expected_total),
            address,
            delivery_method: self.shipping_method,
            payment_method_token: self.payment_method_token,
            email,
        };
        let input = serde_json::json!({
            "cartId": cart_id,
            "cartVersion": submission.cart_version,
            "expectedTotal": submission.expected_total,
            "address": submission.address,
            "method": submission.delivery_method,
            "token": submission.payment_method_token,
            "email": submission.email,
        });
        let request = Request::new("checkoutSubmit", key, &input);
        Ok((cart_id, submission, request))
    }
}

/// A card number in the token's place goes no further: not into a row, not into a log.
fn must_be_a_token(given: &str) -> Result<(), InvalidInput> {
    let path = ["paymentMethodToken"];
    let digits = given.bytes().filter(u8::is_ascii_digit).count();
    let card_like = digits >= 12 && given.bytes().all(|byte| byte.is_ascii_digit() || b" -".contains(&byte));
    if card_like {
        return Err(InvalidInput::new("Give the payment provider's token, never a card number.", &path));
    }
    if !(1..=255).contains(&given.len()) || given.bytes().any(|byte| !byte.is_ascii_graphic()) {
        return Err(InvalidInput::new("Give the token that the payment provider gave for the card.", &path));
    }
    Ok(())
}
