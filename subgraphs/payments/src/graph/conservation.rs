use std::collections::HashMap;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, ID, Object};
use kit::{Failure, Viewer};

use super::money_conservation::MoneyConservation;
use crate::Audit;

/// There is one: the state of things now.
pub const NOW: &str = "now";

/// What staff needs in order to see it.
pub const PERMISSION: &str = "reports";

/// Whether anything was lost or came from nowhere, as the books say now.
pub struct Conservation;

impl Conservation {
    pub fn of(ctx: &Context<'_>, id: &ID) -> Option<Self> {
        (id.as_str() == NOW && ctx.data_unchecked::<Viewer>().has(PERMISSION)).then_some(Self)
    }
}

/// Whether anything was lost or came from nowhere, as the books say now.
#[Object]
impl Conservation {
    /// Always `now`.
    async fn id(&self) -> ID {
        ID(NOW.to_owned())
    }

    /// The money: what was captured and not given back is what orders owe. Null to who lacks the permission `reports`.
    async fn money(&self, ctx: &Context<'_>) -> Option<MoneyConservation> {
        let sums = ctx.data_unchecked::<DataLoader<SumsLoader>>().load_one(Now).await;
        kit::or_null(ctx, sums).map(MoneyConservation)
    }
}

/// "How do all books add up?"
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Now;

/// Adds everything up once a request, however often it is asked for.
pub struct SumsLoader(pub Audit);

impl Loader<Now> for SumsLoader {
    type Value = crate::store::Sums;
    type Error = Failure;

    async fn load(&self, keys: &[Now]) -> kit::Result<HashMap<Now, Self::Value>> {
        let sums = self.0.sums().await?;
        Ok(keys.iter().map(|&now| (now, sums.clone())).collect())
    }
}
