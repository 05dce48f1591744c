//! The part of the graph that users answers.

mod asking;
mod identity;
mod session;
mod sign_in_payload;
mod user;
mod user_error;
mod user_identity_link;
mod user_identity_sign_in;
mod user_identity_unlink;
mod user_login;
mod user_logout;
mod user_password_change;
mod user_register;
mod user_session_revoke;
mod user_token_refresh;

use async_graphql::dataloader::DataLoader;
use async_graphql::{EmptySubscription, MergedObject, Request};
use kit::Callers;

use crate::identities::Identities;
use crate::sessions::Sessions;
use crate::sign_in::SignIn;
use crate::store::Store;
use user::UserQuery;
use user_identity_link::UserIdentityLink;
use user_identity_sign_in::UserIdentitySignIn;
use user_identity_unlink::UserIdentityUnlink;
use user_login::UserLogin;
use user_logout::UserLogout;
use user_password_change::UserPasswordChange;
use user_register::UserRegister;
use user_session_revoke::UserSessionRevoke;
use user_token_refresh::UserTokenRefresh;

#[derive(Default, MergedObject)]
pub struct Query(UserQuery);

#[derive(Default, MergedObject)]
pub struct Mutation(
    UserRegister,
    UserLogin,
    UserTokenRefresh,
    UserLogout,
    UserSessionRevoke,
    UserPasswordChange,
    UserIdentitySignIn,
    UserIdentityLink,
    UserIdentityUnlink,
);

pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// The schema, without anything that answers it.
pub fn schema() -> Schema {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription).enable_federation().finish()
}

/// What resolvers stand on.
#[derive(Clone)]
pub struct Desk {
    pub store: Store,
    pub sign_in: SignIn,
    pub sessions: Sessions,
    pub identities: Identities,
    /// Who is believed in what is said of somebody at a provider.
    pub callers: Callers,
}

/// Gives a request its loaders, and the doors that let people in and out.
pub fn dress(desk: &Desk, request: Request) -> Request {
    let Desk { store, sign_in, sessions, identities, callers } = desk.clone();
    let loader = DataLoader::new(store.clone(), tokio::spawn);
    request.data(loader).data(store).data(sign_in).data(sessions).data(identities).data(callers)
}
