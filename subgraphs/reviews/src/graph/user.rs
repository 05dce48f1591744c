use async_graphql::{ID, SimpleObject};

/// Somebody with an account.
#[derive(SimpleObject)]
#[graphql(unresolvable = "id")]
pub struct User {
    /// The user's id: `user_…`.
    pub id: ID,
}
