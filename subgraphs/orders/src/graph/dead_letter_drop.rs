//! `deadLetterDrop`.

use async_graphql::{Context, ID, InputObject, Object};
use kit::messaging::{self, DeadLetters};
use kit::{Result, Viewer};

use super::dead_letter::{DeadLetter, PERMISSION};
use super::given;
use super::user_error::UserError;
use crate::shopper_error::ShopperError;
use crate::store::Store;

/// Which dead letter.
#[derive(InputObject)]
pub struct DeadLetterDropInput {
    /// The `id` of the letter.
    id: ID,
}

/// What became of `deadLetterDrop`.
pub enum DeadLetterDropPayload {
    Dropped(Box<messaging::DeadLetter>),
    Refused(ShopperError),
}

/// What became of `deadLetterDrop`.
#[Object]
impl DeadLetterDropPayload {
    /// The letter that was given up; null when there is none with this id.
    async fn dead_letter(&self) -> Option<DeadLetter> {
        match self {
            Self::Dropped(letter) => Some(DeadLetter::from(&**letter)),
            Self::Refused(_) => None,
        }
    }

    /// Why nothing was done; empty when it was.
    async fn user_errors(&self) -> Vec<UserError> {
        match self {
            Self::Dropped(_) => vec![],
            Self::Refused(refusal) => vec![refusal.clone().into()],
        }
    }
}

#[derive(Default)]
pub struct DeadLetterDrop;

#[Object]
impl DeadLetterDrop {
    /// Gives a dead letter up for good: its message will not be handled. For staff with the
    /// permission `orders`.
    async fn dead_letter_drop(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which letter.")] input: DeadLetterDropInput,
    ) -> Result<DeadLetterDropPayload> {
        let staff = given::<Viewer>(ctx)?.require(PERMISSION)?;
        let letters = given::<DeadLetters>(ctx)?;
        let Some(letter) = letters.find(&input.id).await? else {
            return Ok(DeadLetterDropPayload::Refused(ShopperError::no_such_dead_letter()));
        };
        given::<Store>(ctx)?.record(staff, "dead_letter.drop", &letter.id).await?;
        if !letters.discard(&letter).await? {
            return Ok(DeadLetterDropPayload::Refused(ShopperError::no_such_dead_letter()));
        }
        Ok(DeadLetterDropPayload::Dropped(Box::new(letter)))
    }
}
