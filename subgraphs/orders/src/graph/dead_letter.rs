//! Dead letters, for staff.

use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use kit::messaging::{self, DeadLetters};
use kit::{Result, Viewer};

use super::given;

/// What staff need to see dead letters and to act on them.
pub(super) const PERMISSION: &str = "orders";
const MOST: usize = 100;

/// A message between two parts of the shop that was tried again and again and not handled. Its sender keeps it until it
/// is replayed or dropped.
#[derive(SimpleObject)]
pub struct DeadLetter {
    /// What `deadLetterReplay` and `deadLetterDrop` take.
    id: ID,
    /// The stream that it came on: `orders.replies`.
    stream: String,
    /// Which part of the shop could not handle it.
    group: String,
    /// What it says, and in which version: `stock.reserved.v1`.
    kind: String,
    /// What it is about, such as the id of an order.
    key: String,
    /// The id of the message, the same however often it was sent.
    message_id: ID,
    /// Why it was not handled the last time.
    cause: String,
    /// How often it was tried.
    attempts: i32,
    /// When it was given up.
    at: DateTime<Utc>,
}

impl From<&messaging::DeadLetter> for DeadLetter {
    fn from(letter: &messaging::DeadLetter) -> Self {
        Self {
            id: letter.id.as_str().into(),
            stream: letter.stream.clone(),
            group: letter.group.clone(),
            kind: letter.kind.clone(),
            key: letter.key.clone(),
            message_id: letter.message_id.as_str().into(),
            cause: letter.cause.clone(),
            attempts: i32::try_from(letter.attempts).unwrap_or(i32::MAX),
            at: letter.at,
        }
    }
}

#[derive(Default)]
pub struct DeadLetterQuery;

#[Object]
impl DeadLetterQuery {
    /// Messages that no part of the shop could handle, the newest first. For staff with the permission `orders`. Null when
    /// they cannot be looked up now.
    async fn dead_letters(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many; 1 to 100.", default = 20)] first: i32,
    ) -> Result<Option<Vec<DeadLetter>>> {
        given::<Viewer>(ctx)?.require(PERMISSION)?;
        let most = usize::try_from(first).unwrap_or(0).clamp(1, MOST);
        Ok(Some(given::<DeadLetters>(ctx)?.newest(most).await?.iter().map(DeadLetter::from).collect()))
    }
}
