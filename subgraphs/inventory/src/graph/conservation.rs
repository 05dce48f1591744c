//! Whether every unit is where the books say.

use async_graphql::{Context, Error, ID, Object, SimpleObject};
use kit::{Failure, Result, Viewer};
use tokio::sync::OnceCell;
use vocab::{BigInt, VariantId};

use crate::Store;
use crate::store::{self, Units};

/// The one moment that there is.
const NOW: &str = "now";
const PERMISSION: &str = "reports";

pub struct Conservation;

/// Whether anything was lost or came from nowhere, as the books say now.
#[Object]
impl Conservation {
    /// Always `now`.
    async fn id(&self) -> ID {
        NOW.into()
    }

    /// The units of all stock.
    async fn units(&self) -> UnitConservation {
        UnitConservation::default()
    }
}

#[derive(Default)]
pub struct UnitConservation {
    /// All of it comes from one look at the books, taken when the first field asks for it.
    books: OnceCell<store::Conservation>,
}

impl UnitConservation {
    async fn books(&self, context: &Context<'_>) -> Result<&store::Conservation> {
        self.books.get_or_try_init(|| stock(context).conservation()).await
    }
}

/// The units of all stock: what was received is what is free, reserved and sold.
#[Object]
impl UnitConservation {
    /// Units that ever came.
    async fn received(&self, context: &Context<'_>) -> Result<BigInt> {
        Ok(BigInt(self.books(context).await?.received))
    }

    /// Units that anybody could take now.
    async fn free(&self, context: &Context<'_>) -> Result<BigInt> {
        Ok(BigInt(self.books(context).await?.free))
    }

    /// Units that are promised to orders.
    async fn reserved(&self, context: &Context<'_>) -> Result<BigInt> {
        Ok(BigInt(self.books(context).await?.reserved))
    }

    /// Units that were sold and not returned.
    async fn sold(&self, context: &Context<'_>) -> Result<BigInt> {
        Ok(BigInt(self.books(context).await?.sold))
    }

    /// How many variants were looked at.
    async fn variants(&self, context: &Context<'_>) -> Result<BigInt> {
        Ok(BigInt(self.books(context).await?.variants))
    }

    /// Whether everything adds up.
    async fn holds(&self, context: &Context<'_>) -> Result<bool> {
        Ok(self.books(context).await?.holds())
    }

    /// What does not add up, by variant and location; empty when everything does.
    async fn violations(
        &self,
        context: &Context<'_>,
        #[graphql(default = 20, desc = "How many to give, 1 to 100.")] first: i32,
    ) -> Result<Vec<UnitViolation>> {
        let first = kit::page::Page::<String>::try_new(first, None)?.first;
        let found = &self.books(context).await?.violations;
        Ok(found.iter().take(usize::try_from(first)?).map(UnitViolation::from).collect())
    }

    /// The units of one variant; null when nothing is known of its stock.
    async fn variant(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the variant.")] id: ID,
    ) -> Result<Option<VariantUnits>> {
        let Ok(id) = VariantId::try_from(&id) else { return Ok(None) };
        Ok(stock(context).units_of(&id).await?.map(VariantUnits::from))
    }
}

/// Where the units of a variant are, over all locations.
#[derive(SimpleObject)]
pub struct VariantUnits {
    /// Units that ever came.
    received: BigInt,
    /// Units that anybody could take now.
    free: BigInt,
    /// Units that are promised to orders.
    reserved: BigInt,
    /// Units that were sold and not returned.
    sold: BigInt,
}

impl From<Units> for VariantUnits {
    fn from(units: Units) -> Self {
        let Units { received, free, reserved, sold } = units;
        Self { received: BigInt(received), free: BigInt(free), reserved: BigInt(reserved), sold: BigInt(sold) }
    }
}

/// Two books that say different things of a variant at a location.
#[derive(SimpleObject)]
pub struct UnitViolation {
    /// The variant.
    variant_id: ID,
    /// The location.
    location_id: ID,
    /// What does not add up, for people.
    message: &'static str,
    /// How many units the stock level says.
    actual: BigInt,
    /// How many units it should say.
    expected: BigInt,
}

impl From<&store::Violation> for UnitViolation {
    fn from(violation: &store::Violation) -> Self {
        Self {
            variant_id: violation.variant.as_str().into(),
            location_id: violation.location.as_str().into(),
            message: violation.what,
            actual: BigInt(violation.actual),
            expected: BigInt(violation.expected),
        }
    }
}

#[derive(Default)]
pub struct ConservationQuery;

#[Object]
impl ConservationQuery {
    /// Whether anything was lost or came from nowhere. For staff with the permission `reports`. Null when that cannot be
    /// told now.
    async fn conservation(&self, context: &Context<'_>) -> Result<Option<Conservation>> {
        viewer(context)?.require(PERMISSION)?;
        Ok(Some(Conservation))
    }

    #[graphql(entity)]
    async fn find_conservation_by_id(&self, context: &Context<'_>, id: ID) -> Option<Conservation> {
        let allowed = viewer(context).is_ok_and(|viewer| viewer.has(PERMISSION));
        (allowed && *id == *NOW).then_some(Conservation)
    }
}

fn stock<'a>(context: &Context<'a>) -> &'a Store {
    context.data_unchecked::<Store>()
}

fn viewer<'a>(context: &Context<'a>) -> Result<&'a Viewer> {
    context.data::<Viewer>().map_err(|missing: Error| Failure::fault(anyhow::anyhow!(missing.message)))
}
