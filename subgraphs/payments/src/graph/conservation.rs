use std::collections::HashMap;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, ID, Object};
use kit::{Failure, Viewer};

use super::money_conservation::MoneyConservation;
use crate::Audit;

/// The ids are part of what `inventory` answers with.
const NOW: &str = "now";
const AUDIT: &str = "audit";

/// What staff needs in order to see it.
pub const PERMISSION: &str = "reports";

/// Whether anything was lost or came from nowhere, as the books say now.
pub struct Conservation {
    audit: bool,
}

impl Conservation {
    pub fn of(ctx: &Context<'_>, id: &ID) -> Option<Self> {
        let audit = id.as_str() == AUDIT;
        let allowed = ctx.data_unchecked::<Viewer>().has(PERMISSION);
        (allowed && (audit || id.as_str() == NOW)).then_some(Self { audit })
    }
}

/// Whether anything was lost or came from nowhere, as the books say now.
#[Object]
impl Conservation {
    /// `now`, or `audit` where the whole books are read.
    async fn id(&self) -> ID {
        if self.audit { AUDIT } else { NOW }.into()
    }

    /// The money: what was captured and not given back is what orders owe. Null to who lacks the permission `reports`.
    async fn money(&self, ctx: &Context<'_>) -> Option<MoneyConservation> {
        let sums = ctx.data_unchecked::<DataLoader<SumsLoader>>().load_one(Books { audit: self.audit }).await;
        kit::or_null(ctx, sums).map(MoneyConservation)
    }
}

/// "How do the books add up: those that moved lately, or in an audit all?"
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Books {
    audit: bool,
}

/// Adds up once a request, however often it is asked for.
pub struct SumsLoader(pub Audit);

impl Loader<Books> for SumsLoader {
    type Value = crate::store::Sums;
    type Error = Failure;

    async fn load(&self, keys: &[Books]) -> kit::Result<HashMap<Books, Self::Value>> {
        let mut sums = HashMap::new();
        for &books in keys {
            sums.insert(books, if books.audit { self.0.all_sums().await? } else { self.0.sums().await? });
        }
        Ok(sums)
    }
}
