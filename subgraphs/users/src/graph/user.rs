use std::sync::Arc;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, ID, Object};
use kit::{Result, Viewer, or_null};
use vocab::UserId;

use crate::account::Account;
use crate::store::{AccountById, Store};

/// Somebody with an account.
pub struct User {
    account: Arc<Account>,
    /// Who has just signed in is that user, though no token of the request says so yet.
    just_signed_in: bool,
}

impl User {
    pub fn new(account: Arc<Account>) -> Self {
        Self { account, just_signed_in: false }
    }

    pub fn just_signed_in(account: Arc<Account>) -> Self {
        Self { account, just_signed_in: true }
    }
}

/// Somebody with an account.
#[Object]
impl User {
    /// The user's id: `user_…`.
    async fn id(&self) -> ID {
        ID::from(self.account.id.as_str())
    }

    /// The name that others see, beside a review for instance.
    async fn display_name(&self) -> &str {
        self.account.display_name.as_str()
    }

    /// The address that the user signs in with. Shown to that user alone; null for everybody else.
    async fn email(&self, ctx: &Context<'_>) -> Option<&str> {
        let viewer = ctx.data_unchecked::<Viewer>();
        let signed_in = viewer.signed.as_ref().is_some_and(|signed| signed.user_id == self.account.id.as_str());
        (signed_in || self.just_signed_in).then(|| self.account.email.as_str())
    }
}

#[derive(Default)]
pub struct UserQuery;

#[Object]
impl UserQuery {
    /// Who is signed in; null when nobody is.
    async fn me(&self, ctx: &Context<'_>) -> Option<User> {
        let signed = ctx.data_unchecked::<Viewer>().signed.as_ref()?;
        or_null(ctx, user(ctx, &signed.user_id).await)
    }

    #[graphql(entity)]
    async fn find_user_by_id(&self, ctx: &Context<'_>, id: ID) -> Option<User> {
        or_null(ctx, user(ctx, &id).await)
    }
}

async fn user(ctx: &Context<'_>, id: &str) -> Result<Option<User>> {
    let Ok(id) = UserId::parse(id) else { return Ok(None) };
    let found = ctx.data_unchecked::<DataLoader<Store>>().load_one(AccountById(id)).await?;
    Ok(found.map(User::new))
}
