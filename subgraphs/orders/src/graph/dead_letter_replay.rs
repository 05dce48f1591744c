//! `deadLetterReplay`.

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
pub struct DeadLetterReplayInput {
    /// The `id` of the letter.
    id: ID,
}

/// What became of `deadLetterReplay`.
pub enum DeadLetterReplayPayload {
    Replayed(Box<messaging::DeadLetter>),
    Refused(ShopperError),
}

/// What became of `deadLetterReplay`.
#[Object]
impl DeadLetterReplayPayload {
    /// The letter that was sent again; null when there is none with this id.
    async fn dead_letter(&self) -> Option<DeadLetter> {
        match self {
            Self::Replayed(letter) => Some(DeadLetter::from(&**letter)),
            Self::Refused(_) => None,
        }
    }

    /// Why nothing was done; empty when it was.
    async fn user_errors(&self) -> Vec<UserError> {
        match self {
            Self::Replayed(_) => vec![],
            Self::Refused(refusal) => vec![refusal.clone().into()],
        }
    }
}

#[derive(Default)]
pub struct DeadLetterReplay;

#[Object]
impl DeadLetterReplay {
    /// Sends a dead letter again, once what was wrong is mended. Whoever has handled the message already passes it over. For staff with the
    /// permission `orders`.
    async fn dead_letter_replay(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which letter.")] input: DeadLetterReplayInput,
    ) -> Result<DeadLetterReplayPayload> {
        let staff = given::<Viewer>(ctx)?.require(PERMISSION)?;
        let letters = given::<DeadLetters>(ctx)?;
        let Some(letter) = letters.find(&input.id).await? else {
            return Ok(DeadLetterReplayPayload::Refused(ShopperError::no_such_dead_letter()));
        };
        given::<Store>(ctx)?.record(staff, "dead_letter.replay", &letter.id).await?;
        if !letters.replay(&letter).await? {
            return Ok(DeadLetterReplayPayload::Refused(ShopperError::no_such_dead_letter()));
        }
        Ok(DeadLetterReplayPayload::Replayed(Box::new(letter)))
    }
}
