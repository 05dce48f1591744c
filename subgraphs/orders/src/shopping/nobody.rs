//! The first thing in the cart of somebody whom we do not know yet.

use kit::{Result, Txn};
use vocab::{CartId, CurrencyCode};

use super::Changed;
use super::guest::{IssuedSecret, salt};
use crate::cart::{Cart, CartState, Wanted};
use crate::shopper_error::ShopperError;
use crate::store::{Claim, NobodysClaim, Request, Store};

impl Store {
    /// Begins a cart and gives out the secret that it is found with. The same request again is given the same cart and
    /// the same secret, so whoever clicks twice has one cart. Its key is all that is known of the sender: it must be one
    /// that nobody guesses.
    pub(super) async fn add_for_nobody(
        &self,
        txn: Txn,
        wanted: &[Wanted],
        request: &Request,
    ) -> Result<Result<Changed, Vec<ShopperError>>> {
        if let Err(guessable) = request.must_be_unguessable() {
            return Ok(Err(Wanted::flaws(wanted).into_iter().chain([guessable]).collect()));
        }
        let salt = salt();
        let IssuedSecret { secret, owner } = IssuedSecret::for_request(request, &salt);
        let mut cart = Cart::open(CartId::generate(), owner, CurrencyCode::USD, self.clock.now());
        match self.claim_for_nobody(&txn, request, cart.id.as_str(), &salt).await? {
            NobodysClaim::First => {}
            NobodysClaim::Mismatch => return Ok(Err(Request::mismatch().into())),
            NobodysClaim::Again { answer, salt } => {
                let IssuedSecret { secret, owner } = IssuedSecret::for_request(request, &salt);
                let cart = self.cart_for_update(&txn, &[owner], &CartId::parse(&answer)?).await?;
                txn.rollback().await?;
                // Behind a cart that is being bought there is an address: its secret is not told again.
                let cart = cart.filter(|cart| cart.state == CartState::Open);
                let token = Some(secret);
                return Ok(cart.map(|cart| Changed { cart, token }).ok_or_else(|| ShopperError::no_such_cart().into()));
            }
        }
        if let Err(refused) = self.fill(&txn, &mut cart, wanted).await? {
            return Ok(Err(refused));
        }
        // Once more under the secret: who has it sends it along from now on, and perhaps this request again.
        if !matches!(self.claim_key(&txn, &cart.owner, request, cart.id.as_str()).await?, Claim::First) {
            return Ok(Err(Request::mismatch().into()));
        }
        txn.commit().await?;
        Ok(Ok(Changed { cart, token: Some(secret) }))
    }
}
