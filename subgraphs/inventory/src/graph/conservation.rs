//! Whether every unit is where the books say.

use async_graphql::{Context, Error, ID, Object, SimpleObject};
use kit::{Failure, Result, Viewer};
use tokio::sync::OnceCell;
use vocab::{BigInt, VariantId};

use crate::Store;
use crate::store::{self, Units};

/// The ids are part of what `payments` is asked with.
const NOW: &str = "now";
const AUDIT: &str = "audit";
const PERMISSION: &str = "reports";

#[derive(Clone, Copy)]
pub struct Conservation {
    audit: bool,
}

/// Whether anything was lost or came from nowhere, as the books say now.
#[Object]
impl Conservation {
    /// `now`, or `audit` where the whole books are read.
    async fn id(&self) -> ID {
        if self.audit { AUDIT } else { NOW }.into()
    }

    /// The units of all stock.
    async fn units(&self) -> UnitConservation {
        UnitConservation { audit: self.audit, books: OnceCell::new() }
    }
}

pub struct UnitConservation {
    audit: bool,
    /// All of it comes from one look at the books, taken when the first field asks for it.
    books: OnceCell<store::Conservation>,
}

impl UnitConservation {
    async fn books(&self, context: &Context<'_>) -> Result<&store::Conservation> {
        let stock = stock(context);
        self.books
            .get_or_try_init(|| async { if self.audit { stock.audit().await } else { stock.conservation().await } })
            .await
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

    /// How many variants were looked at: in an audit all, and else those that moved since the ledger was last added up.
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
        let first = kit::graphql::page::Page::<String>::try_new(first, None)?.first;
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
    async fn conservation(
        &self,
        context: &Context<'_>,
        #[graphql(
            default = false,
            desc = "Whether to read the books of stock and of money from their first entry on, which takes the longer the older \
                    the shop is. Otherwise what has moved lately is checked against the sums of what lies before it."
        )]
        audit: bool,
    ) -> Result<Option<Conservation>> {
        viewer(context)?.require(PERMISSION)?;
        Ok(Some(Conservation { audit }))
    }

    #[graphql(entity)]
    async fn find_conservation_by_id(&self, context: &Context<'_>, id: ID) -> Option<Conservation> {
        let allowed = viewer(context).is_ok_and(|viewer| viewer.has(PERMISSION));
        let audit = *id == *AUDIT;
        (allowed && (audit || *id == *NOW)).then_some(Conservation { audit })
    }
}

fn stock<'a>(context: &Context<'a>) -> &'a Store {
    context.data_unchecked::<Store>()
}

fn viewer<'a>(context: &Context<'a>) -> Result<&'a Viewer> {
    context.data::<Viewer>().map_err(|missing: Error| Failure::fault(anyhow::anyhow!(missing.message)))
}
