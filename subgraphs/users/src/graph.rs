//! The part of the graph that users answers.

mod audit_log;
mod user;
mod user_error;
mod user_login;
mod user_register;

use async_graphql::dataloader::DataLoader;
use async_graphql::{EmptySubscription, MergedObject, Request};

use crate::sign_in::SignIn;
use audit_log::AuditLogQuery;
use user::UserQuery;
use user_login::UserLogin;
use user_register::UserRegister;

#[derive(Default, MergedObject)]
pub struct Query(UserQuery, AuditLogQuery);

#[derive(Default, MergedObject)]
pub struct Mutation(UserRegister, UserLogin);

pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// The schema, without anything that answers it.
pub fn schema() -> Schema {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription).enable_federation().finish()
}

/// Gives a request its loaders, and the door that lets people in.
pub fn dress(sign_in: &SignIn, request: Request) -> Request {
    let store = sign_in.store().clone();
    request.data(DataLoader::new(store.clone(), tokio::spawn)).data(store).data(sign_in.clone())
}
