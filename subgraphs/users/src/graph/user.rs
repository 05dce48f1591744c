use std::sync::Arc;

use async_graphql::connection::Connection;
use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Enum, ID, Object};
use kit::graphql::page::Page;
use kit::{Result, Role, Viewer, or_null};
use vocab::{SessionId, UserId};

use super::data_export::DataExport;
use super::identity::LinkedProvider;
use super::preferences::Preferences;
use super::saved_address::SavedAddress;
use super::second_factor::SecondFactor;
use super::session::Session;
use crate::account::Account;
use crate::permission::Permission;
use crate::session;
use crate::sessions::Sessions;
use crate::store::{AccountById, AddressesOf, ExportsOf, IdentitiesOfUser, PreferencesOf, Store};

/// What an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum UserRole {
    /// Shops.
    Customer,
    /// Works for the shop, as far as the account's permissions go.
    Staff,
    /// Belongs to another company that works with the shop.
    Partner,
    /// Is no person.
    Service,
}

/// Somebody with an account.
pub struct User {
    account: Arc<Account>,
    /// Who has just signed in is that user, though no token of the request says so yet.
    just_signed_in: Option<SessionId>,
}

impl User {
    pub fn new(account: Arc<Account>) -> Self {
        Self { account, just_signed_in: None }
    }

    pub fn just_signed_in(account: Arc<Account>, session: SessionId) -> Self {
        Self { account, just_signed_in: Some(session) }
    }

    /// The account, for its owner alone.
    fn own(&self, ctx: &Context<'_>) -> Option<&Account> {
        let signed = ctx.data_unchecked::<Viewer>().signed.as_ref();
        let signed_in = signed.is_some_and(|signed| signed.user_id == self.account.id.as_str());
        (signed_in || self.just_signed_in.is_some()).then_some(&*self.account)
    }

    /// The session that asks.
    fn session<'a>(&'a self, ctx: &'a Context<'_>) -> Option<&'a str> {
        let signed = ctx.data_unchecked::<Viewer>().signed.as_ref();
        let just_now = self.just_signed_in.as_ref().map(SessionId::as_str);
        just_now.or_else(|| signed.and_then(|signed| signed.session.as_deref()))
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
    async fn email(&self, ctx: &Context<'_>) -> Option<String> {
        self.own(ctx).map(|account| account.email.for_people())
    }

    /// Whether the user has shown that mail to the address reaches them. Null for everybody else.
    async fn email_verified(&self, ctx: &Context<'_>) -> Option<bool> {
        self.own(ctx).map(|account| account.email_verified_at.is_some())
    }

    /// What the account is for. Shown to that user alone; null for everybody else.
    async fn role(&self, ctx: &Context<'_>) -> Option<UserRole> {
        self.own(ctx).map(|account| match account.role {
            Role::User => UserRole::Customer,
            Role::Staff => UserRole::Staff,
            Role::Partner => UserRole::Partner,
            Role::Service => UserRole::Service,
        })
    }

    /// What the user may do beyond shopping; empty for customers. Null for everybody else.
    async fn permissions(&self, ctx: &Context<'_>) -> Option<Vec<Permission>> {
        self.own(ctx).map(|account| account.permissions.iter().collect())
    }

    /// Whether the user has a password. Null for everybody else.
    async fn has_password(&self, ctx: &Context<'_>) -> Option<bool> {
        let account = self.own(ctx)?;
        or_null(ctx, has_password(ctx, &account.id).await.map(Some))
    }

    /// The second factor that signing in takes besides the password; null where there is none, and for everybody else.
    async fn second_factor(&self, ctx: &Context<'_>) -> Option<SecondFactor> {
        let account = self.own(ctx)?;
        or_null(ctx, second_factor(ctx, &account.id).await)
    }

    /// Where the user is signed in, the last used first. Null for everybody else.
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many; 1 to 100.", default = 20)] first: i32,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
    ) -> Option<Connection<String, Session>> {
        let account = self.own(ctx)?;
        or_null(ctx, sessions(ctx, &account.id, self.session(ctx), first, after).await.map(Some))
    }

    /// What the user has asked the shop to hand over of what it holds on them, the newest first. Null for everybody else.
    async fn data_exports(&self, ctx: &Context<'_>) -> Option<Vec<DataExport>> {
        let account = self.own(ctx)?;
        or_null(ctx, data_exports(ctx, &account.id).await.map(Some))
    }

    /// The providers with which the user signs in, the first linked first. Null for everybody else.
    async fn identities(&self, ctx: &Context<'_>) -> Option<Vec<LinkedProvider>> {
        let account = self.own(ctx)?;
        or_null(ctx, identities(ctx, &account.id).await.map(Some))
    }

    /// The addresses that the user keeps, the first kept first. Null for everybody else.
    async fn addresses(&self, ctx: &Context<'_>) -> Option<Vec<SavedAddress>> {
        let account = self.own(ctx)?;
        or_null(ctx, addresses(ctx, &account.id).await.map(Some))
    }

    /// What the user prefers, and agreed to. Null for everybody else.
    async fn preferences(&self, ctx: &Context<'_>) -> Option<Preferences> {
        let account = self.own(ctx)?;
        or_null(ctx, preferences(ctx, &account.id).await.map(Some))
    }
}

async fn has_password(ctx: &Context<'_>, user: &UserId) -> Result<bool> {
    Ok(ctx.data_unchecked::<Store>().password_of(user).await?.is_some())
}

async fn second_factor(ctx: &Context<'_>, user: &UserId) -> Result<Option<SecondFactor>> {
    let since = ctx.data_unchecked::<Store>().second_factor_since(user).await?;
    Ok(since.map(|since| SecondFactor { user: user.clone(), since }))
}

async fn sessions(
    ctx: &Context<'_>,
    user: &UserId,
    asking: Option<&str>,
    first: i32,
    after: Option<String>,
) -> Result<Connection<String, Session>> {
    let page = Page::try_new(first, after)?;
    let used_since = ctx.data_unchecked::<Sessions>().used_since();
    let found = ctx.data_unchecked::<DataLoader<Store>>().loader().sessions_of(user, used_since, &page).await?;
    Ok(page.connection(found, session::Session::place, |session| {
        let current = asking == Some(session.id.as_str());
        Session::new(session, current)
    }))
}

async fn data_exports(ctx: &Context<'_>, user: &UserId) -> Result<Vec<DataExport>> {
    let loader = ctx.data_unchecked::<DataLoader<Store>>();
    let found = loader.load_one(ExportsOf(user.clone())).await?.unwrap_or_default();
    Ok(found.into_iter().map(DataExport).collect())
}

async fn identities(ctx: &Context<'_>, user: &UserId) -> Result<Vec<LinkedProvider>> {
    let loader = ctx.data_unchecked::<DataLoader<Store>>();
    let found = loader.load_one(IdentitiesOfUser(user.clone())).await?.unwrap_or_default();
    Ok(found.into_iter().map(LinkedProvider).collect())
}

async fn addresses(ctx: &Context<'_>, user: &UserId) -> Result<Vec<SavedAddress>> {
    let loader = ctx.data_unchecked::<DataLoader<Store>>();
    let found = loader.load_one(AddressesOf(user.clone())).await?.unwrap_or_default();
    Ok(found.into_iter().map(SavedAddress).collect())
}

async fn preferences(ctx: &Context<'_>, user: &UserId) -> Result<Preferences> {
    let loader = ctx.data_unchecked::<DataLoader<Store>>();
    Ok(Preferences(loader.load_one(PreferencesOf(user.clone())).await?.unwrap_or_default()))
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
