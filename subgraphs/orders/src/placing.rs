//! Submitting a checkout: one transaction turns the cart into an order and begins its saga.

use kit::{Failure, Result, Txn, Viewer, crash_at};
use vocab::{CartId, CheckoutId};

use crate::cart::{Cart, CartState};
use crate::checkout::{Checkout, Submission};
use crate::loaded_order::LoadedOrder;
use crate::order::Order;
use crate::saga::{Effect, State, Transition};
use crate::shopper_error::ShopperError;
use crate::store::{Claim, Fault, Request, Store};

/// How many numbers are drawn for one order. There are 2^40, so two in a row are hardly ever taken.
const NUMBERS_TRIED: usize = 20;

/// What a submitted checkout comes to.
pub(crate) enum Submitted {
    Begun(CheckoutId),
    Refused(Vec<ShopperError>),
    /// It has broken before.
    Broken(Fault),
}

impl Submitted {
    /// What the same request came to before.
    pub(crate) fn before(answer: &str) -> Result<Self> {
        match Fault::kept(answer) {
            Some(fault) => Ok(Self::Broken(fault)),
            None => Ok(Self::Begun(CheckoutId::parse(answer)?)),
        }
    }
}

impl Store {
    /// The checkout of this cart; the same one when the request comes again.
    pub(crate) async fn submit(
        &self,
        viewer: &Viewer,
        cart_id: &CartId,
        submission: &Submission,
        request: &Request,
    ) -> Result<Submitted> {
        let owners = viewer.owners();
        let txn = self.db.begin().await?;
        let id = CheckoutId::generate();
        // A request that comes again is answered whatever has become of its cart since.
        let mut claim = Self::recall(&*txn, &owners, request).await?;
        let cart = self.cart_for_update(&txn, &owners, cart_id).await?;
        if let (Claim::First, Some(cart)) = (&claim, &cart) {
            claim = self.claim_key(&txn, &cart.owner, request, id.as_str()).await?;
        }
        let cart = match (claim, cart) {
            (Claim::Again(answer), _) => {
                txn.rollback().await?;
                return Submitted::before(&answer);
            }
            (Claim::Mismatch, _) => return Ok(Submitted::Refused(Request::mismatch().into())),
            (Claim::First, None) => return Ok(Submitted::Refused(ShopperError::no_such_cart().into())),
            (Claim::First, Some(cart)) => cart,
        };
        let offers = Self::offers_of(&*txn, cart.lines.iter().map(|line| &line.variant_id)).await?;
        let rates = Self::rates_in(&*txn, [submission.address.country.as_str()]).await?;
        match submission.order(&cart, &offers, &rates, self.numbers.draw(), self.clock.now()) {
            Ok(order) => {
                self.begin(&txn, &id, &cart, order, submission).await?;
                crash_at!("orders:submit-before-commit");
                txn.commit().await?;
                crash_at!("orders:submit-after-commit");
                Ok(Submitted::Begun(id))
            }
            Err(refused) => Ok(Submitted::Refused(refused)),
        }
    }

    async fn begin(
        &self,
        txn: &Txn,
        id: &CheckoutId,
        cart: &Cart,
        order: Order,
        submission: &Submission,
    ) -> Result<()> {
        let taken = Cart { state: CartState::CheckingOut, checkout_id: Some(id.clone()), ..cart.clone() };
        self.save_cart(txn, &taken).await?;
        let loaded = self.insert_numbered(txn, order, |order| self.placed(id, cart, order, submission)).await?;
        Self::insert_checkout(txn, &loaded.checkout).await?;
        Self::write_down(txn, &[&loaded]).await
    }

    /// Inserts the order under its number, or under the first free one that is drawn in its stead. What follows from an
    /// order tells its number, so it is decided anew for each.
    async fn insert_numbered(
        &self,
        txn: &Txn,
        mut order: Order,
        placed: impl Fn(Order) -> Result<LoadedOrder>,
    ) -> Result<LoadedOrder> {
        for _ in 0..NUMBERS_TRIED {
            let loaded = placed(order.clone())?;
            if Self::insert_order(txn, &loaded.order).await? {
                return Ok(loaded);
            }
            tracing::info!(order.number = order.number, "an order's number was taken, so another is drawn");
            order.number = self.numbers.draw().into();
        }
        Err(Failure::fault(anyhow::anyhow!("{NUMBERS_TRIED} numbers were drawn for an order, and all are taken")))
    }

    /// The order with its checkout, and all that follows from placing it.
    fn placed(&self, id: &CheckoutId, cart: &Cart, order: Order, submission: &Submission) -> Result<LoadedOrder> {
        let now = self.clock.now();
        let reserved_until = now + self.settings.reservation();
        let Transition { state, mut effects } = State::begin(now, reserved_until, self.settings.retry_policy());
        effects.insert(0, Effect::Record(order.placed()));
        let checkout = Checkout {
            id: id.clone(),
            order_id: order.id.clone(),
            cart_id: cart.id.clone(),
            owner: order.owner.clone(),
            payment_method_token: Some(submission.payment_method_token.clone()),
            saga: state,
            version: 1,
            started_at: now,
        };
        let mut loaded = LoadedOrder::new(order, checkout, None);
        loaded.apply_effects(&effects, now)?;
        Ok(loaded)
    }
}
