use std::collections::HashMap;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, ID, Object};
use kit::{Failure, Viewer};

use super::money_conservation::MoneyConservation;
use crate::Audit;

/// The state of things now, and the same from the first entry on. Money is added up from there either way.
const NOW: &str = "now";
const AUDIT: &str = "audit";

/// What staff needs in order to see it.
pub const PERMISSION: &str = "reports";

/// Whether anything was lost or came from nowhere, as the books say now.
pub struct Conservation {
    id: &'static str,
}

impl Conservation {
    pub fn of(ctx: &Context<'_>, id: &ID) -> Option<Self> {
        let id = [NOW, AUDIT].into_iter().find(|known| id.as_str() == *known)?;
        ctx.data_unchecked::<Viewer>().has(PERMISSION).then_some(Self { id })
    }
}

/// Whether anything was lost or came from nowhere, as the books say now.
#[Object]
impl Conservation {
    /// `now`, or `audit` where the whole books are read.
    async fn id(&self) -> ID {
        ID(self.id.to_owned())
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
