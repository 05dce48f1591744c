//! Carts.

use std::sync::Arc;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Enum, ID, Object};
use chrono::{DateTime, Utc};
use kit::{Code, Refusal, Result};
use vocab::{CartId, CountryCode, Money};

use super::cart_delivery::CartDelivery;
use super::cart_issue::CartIssue;
use super::checkout::Checkout;
use super::cost::Cost;
use super::delivery_option::DeliveryOption;
use super::product_variant::ProductVariant;
use super::{entity, given, load};
use crate::cart;
use crate::delivery::{self, DeliveryRate};
use crate::saga::{Step, StepOutcome};
use crate::store::{CartById, CheckoutById, OfferByVariant, RatesByCountry, Visible};

pub struct Cart(pub Arc<cart::Cart>);

/// How far a cart is on its way to an order.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum CartState {
    /// It takes changes.
    Open,
    /// A checkout of it is running. It takes no changes until that has ended.
    CheckingOut,
    /// It has become an order, or went into another cart, and takes no more changes.
    Closed,
}

impl From<cart::CartState> for CartState {
    fn from(state: cart::CartState) -> Self {
        match state {
            cart::CartState::Open => Self::Open,
            cart::CartState::CheckingOut => Self::CheckingOut,
            cart::CartState::Closed | cart::CartState::Merged => Self::Closed,
        }
    }
}

#[derive(Default)]
pub struct CartQuery;

#[Object]
impl CartQuery {
    /// A cart of the viewer's own; null when there is none with this id.
    async fn cart(&self, ctx: &Context<'_>, #[graphql(desc = "The id of the cart.")] id: ID) -> Result<Option<Cart>> {
        let Ok(id) = CartId::try_from(&id) else { return Ok(None) };
        Ok(load(ctx, CartById(id)).await?.map(Cart))
    }

    /// The cart that the viewer fills: of the viewer's open carts the one that was changed last; null when there is none.
    async fn current_cart(&self, ctx: &Context<'_>) -> Result<Option<Cart>> {
        Ok(given::<Visible>(ctx)?.current_cart().await?.map(Cart))
    }

    #[graphql(entity)]
    async fn find_cart_by_id(&self, ctx: &Context<'_>, id: ID) -> Option<Cart> {
        let id = CartId::try_from(&id).ok()?;
        entity(ctx, CartById(id)).await.map(Cart)
    }
}

/// What a shopper is about to buy. It belongs to a user, or to whoever holds the secret it was made with.
#[Object]
impl Cart {
    /// The id of the cart.
    async fn id(&self) -> ID {
        self.0.id.as_str().into()
    }

    /// Grows with each change. A change that must not land on another state than the one shown names it.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// How far it is on its way to an order.
    async fn state(&self) -> CartState {
        self.0.state.into()
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// What is in it, in the order in which it was added; 100 lines at most.
    async fn lines(&self) -> Vec<CartLine> {
        (0..self.0.lines.len()).map(|index| CartLine { cart: Arc::clone(&self.0), index }).collect()
    }

    /// What it costs at the prices that its lines show, with the chosen delivery at its price of now. Without delivery
    /// while none is chosen, or when the chosen one cannot be had any more.
    async fn cost(&self, ctx: &Context<'_>) -> Result<Cost> {
        Ok(Cost::of(self.0.cost_delivered(&self.rates(ctx).await?)?, true))
    }

    /// How it is to be delivered; null before that is chosen.
    async fn delivery(&self, ctx: &Context<'_>) -> Result<Option<CartDelivery>> {
        Ok(CartDelivery::of(&self.0, &self.rates(ctx).await?)?)
    }

    /// What has changed since the lines were put in, and what is running out; empty when nothing stands in the way. What
    /// is left of a variant is as the warehouse last said; only the checkout promises it.
    async fn issues(&self, ctx: &Context<'_>) -> Result<Vec<CartIssue>> {
        let keys = self.0.lines.iter().map(|line| OfferByVariant(line.variant_id.clone()));
        let (shelves, rates) = tokio::join!(given::<DataLoader<Visible>>(ctx)?.load_many(keys), self.rates(ctx));
        let (mut offers, mut free) = (cart::Offers::new(), cart::FreeUnits::new());
        for (OfferByVariant(variant), shelf) in shelves? {
            free.extend(shelf.free.map(|units| (variant.clone(), units)));
            offers.insert(variant, shelf.offer);
        }
        let issues = self.0.issues(&offers, &free).into_iter().chain(self.0.delivery_issue(&rates?));
        Ok(issues.map(CartIssue::from).collect())
    }

    /// The ways to have it delivered, the cheapest first; empty when no carrier takes it there.
    async fn delivery_options(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The country, as ISO 3166-1 alpha-2 names it, in letters of either case: `US`.")]
        country: String,
    ) -> Result<Vec<DeliveryOption>> {
        let country =
            CountryCode::parse(&country).map_err(|none| Refusal::new(Code::BadUserInput, none.to_string()))?;
        let rates = load(ctx, RatesByCountry(country.into())).await?.unwrap_or_default();
        let options = delivery::options(&rates, self.0.weight_grams(), self.0.currency);
        Ok(options.into_iter().map(|rate| DeliveryOption::try_new(&self.0, rate)).collect::<Result<_, _>>()?)
    }

    /// The last checkout of this cart; null when there was none, or when it is somebody else's.
    async fn checkout(&self, ctx: &Context<'_>) -> Result<Option<Checkout>> {
        let Some(id) = self.0.checkout_id.clone() else { return Ok(None) };
        Ok(load(ctx, CheckoutById(id)).await?.map(Checkout))
    }

    /// Until when a running checkout holds the units of this cart; null when none does.
    async fn reserved_until(&self, ctx: &Context<'_>) -> Result<Option<DateTime<Utc>>> {
        let (cart::CartState::CheckingOut, Some(id)) = (self.0.state, self.0.checkout_id.clone()) else {
            return Ok(None);
        };
        let saga = load(ctx, CheckoutById(id)).await?.map(|checkout| checkout.saga.clone());
        let held =
            |tried: &crate::saga::StepRecord| tried.step == Step::ReserveStock && tried.outcome == StepOutcome::Done;
        Ok(saga.filter(|saga| saga.timeline.iter().any(held)).map(|saga| saga.reserved_until))
    }

    /// The cart that took over the lines of this guest's cart when its owner signed in; null when none did.
    async fn merged_into(&self, ctx: &Context<'_>) -> Result<Option<Cart>> {
        let Some(id) = self.0.merged_into.clone() else { return Ok(None) };
        Ok(load(ctx, CartById(id)).await?.map(Cart))
    }
}

/// The cart to show beside a refusal: the one that was named, when it is the viewer's, or else the one they fill.
pub(super) async fn beside(ctx: &Context<'_>, named: Option<&ID>) -> Result<Option<Cart>> {
    if let Some(id) = named.and_then(|id| CartId::try_from(id).ok())
        && let Some(cart) = load(ctx, CartById(id)).await?
    {
        return Ok(Some(Cart(cart)));
    }
    Ok(given::<Visible>(ctx)?.current_cart().await?.map(Cart))
}

impl Cart {
    /// What delivery to the chosen country costs; nothing when none is chosen.
    async fn rates(&self, ctx: &Context<'_>) -> Result<Vec<DeliveryRate>> {
        let Some(chosen) = &self.0.delivery else { return Ok(Vec::new()) };
        Ok(load(ctx, RatesByCountry(chosen.country.clone())).await?.unwrap_or_default())
    }
}

/// A line of a cart.
pub struct CartLine {
    cart: Arc<cart::Cart>,
    index: usize,
}

impl CartLine {
    fn line(&self) -> &cart::CartLine {
        &self.cart.lines[self.index]
    }
}

/// Units of a variant in a cart, at the price that was shown when the line was last set.
#[Object]
impl CartLine {
    /// The id of the line.
    async fn id(&self) -> ID {
        self.line().id.as_str().into()
    }

    /// How many units.
    async fn quantity(&self) -> i32 {
        i32::try_from(self.line().quantity.get()).unwrap_or(i32::MAX)
    }

    /// What the product is called.
    async fn title(&self) -> &str {
        &self.line().title
    }

    /// The options in words, `Size: S`; null when the product has none.
    async fn options(&self) -> Option<&str> {
        self.line().options.as_deref()
    }

    /// The stock keeping unit.
    async fn sku(&self) -> &str {
        &self.line().sku
    }

    /// What one unit costs.
    async fn unit(&self) -> Money {
        self.line().unit
    }

    /// What the line costs.
    async fn total(&self) -> Result<Money> {
        Ok(self.line().total()?)
    }

    /// The variant in the catalog; null when it cannot be asked.
    async fn variant(&self) -> Option<ProductVariant> {
        Some(ProductVariant::from(&self.line().variant_id))
    }
}
