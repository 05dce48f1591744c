//! Filling a cart. Every change locks the cart's row, changes the noun, and writes what differs.

mod claim;
mod delivery;
mod guest;
mod nobody;

use kit::{Owner, Result, Txn, Viewer};
use vocab::{CartId, CurrencyCode};

use crate::cart::{Cart, Setting, Wanted};
use crate::shopper_error::ShopperError;
use crate::store::{Claim, Request, Store};

pub(crate) use claim::Claimed;
pub(crate) use guest::IssuedSecret;

/// A cart after a change. `token` is the new secret of a guest who had none.
pub(crate) struct Changed {
    pub cart: Cart,
    pub token: Option<String>,
}

impl Store {
    /// Adds lines to a cart; to the one that the viewer fills when none is named, and to a new one when there is none.
    pub(crate) async fn add_lines(
        &self,
        viewer: &Viewer,
        cart_id: Option<&CartId>,
        wanted: &[Wanted],
        request: &Request,
    ) -> Result<Result<Changed, Vec<ShopperError>>> {
        let owners = viewer.owners();
        let txn = self.db.begin().await?;
        if let (None, Some(first)) = (cart_id, owners.first()) {
            Self::take_turn(&txn, first).await?;
        }
        let mut claim = Self::recall(&*txn, &owners, request).await?;
        let cart = match (&claim, cart_id) {
            (Claim::First, Some(id)) => self.cart_for_update(&txn, &owners, id).await?,
            (Claim::First, None) => match self.cart_to_fill(&txn, viewer, &owners).await? {
                Some(cart) => Some(cart),
                None => return self.add_for_nobody(txn, wanted, request).await,
            },
            _ => None,
        };
        if let (Claim::First, Some(cart)) = (&claim, &cart) {
            claim = self.claim_key(&txn, &cart.owner, request, cart.id.as_str()).await?;
        }
        let mut cart = match (claim, cart) {
            (Claim::Again(answer), _) => {
                let cart = self.cart_for_update(&txn, &owners, &CartId::parse(&answer)?).await?;
                txn.rollback().await?;
                return Ok(cart
                    .map(|cart| Changed { cart, token: None })
                    .ok_or_else(|| ShopperError::no_such_cart().into()));
            }
            (Claim::Mismatch, _) => return Ok(Err(Request::mismatch().into())),
            (Claim::First, None) => return Ok(Err(ShopperError::no_such_cart().into())),
            (Claim::First, Some(cart)) => cart,
        };
        if let Err(refused) = self.fill(&txn, &mut cart, wanted).await? {
            return Ok(Err(refused));
        }
        txn.commit().await?;
        Ok(Ok(Changed { cart, token: None }))
    }

    /// The cart that the viewer fills, or a new one of theirs. None for somebody who can have none.
    async fn cart_to_fill(&self, txn: &Txn, viewer: &Viewer, owners: &[Owner]) -> Result<Option<Cart>> {
        if let Some(current) = self.current_cart_for_update(txn, owners).await? {
            return Ok(Some(current));
        }
        let owner = self.owner_of_new(txn, viewer).await?;
        Ok(owner.map(|owner| Cart::open(CartId::generate(), owner, CurrencyCode::USD, self.clock.now())))
    }

    /// Adds lines to a cart in hand and writes it.
    async fn fill(&self, txn: &Txn, cart: &mut Cart, wanted: &[Wanted]) -> Result<Result<(), Vec<ShopperError>>> {
        let variants = wanted.iter().filter_map(|one| one.variant_id.as_ref().ok());
        let offers = Self::offers_of(&**txn, variants).await?;
        if let Err(refused) = cart.add(wanted, &offers, self.clock.now()) {
            return Ok(Err(refused));
        }
        self.save_cart(txn, cart).await?;
        Ok(Ok(()))
    }

    /// Sets or takes out lines of a cart, which must be at `version` if one is named.
    pub(crate) async fn set_lines(
        &self,
        viewer: &Viewer,
        cart_id: &CartId,
        version: Option<i32>,
        settings: &[Setting],
        request: &Request,
    ) -> Result<Result<Cart, Vec<ShopperError>>> {
        let owners = viewer.owners();
        let txn = self.db.begin().await?;
        let Some(mut cart) = self.cart_for_update(&txn, &owners, cart_id).await? else {
            return Ok(Err(ShopperError::no_such_cart().into()));
        };
        let recalled = Self::recall(&*txn, &owners, request).await?;
        let claim = match recalled {
            Claim::First => self.claim_key(&txn, &cart.owner, request, cart.id.as_str()).await?,
            known => known,
        };
        match claim {
            Claim::First => {}
            Claim::Again(_) => {
                txn.rollback().await?;
                return Ok(Ok(cart));
            }
            Claim::Mismatch => return Ok(Err(Request::mismatch().into())),
        }
        let offers = Self::offers_of(&*txn, cart.lines.iter().map(|line| &line.variant_id)).await?;
        if let Err(refused) = cart.set(version, settings, &offers, self.clock.now()) {
            return Ok(Err(refused));
        }
        self.save_cart(&txn, &cart).await?;
        txn.commit().await?;
        Ok(Ok(cart))
    }
}
