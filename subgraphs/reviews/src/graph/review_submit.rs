use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, ID, InputObject, Object};
use kit::{Result, Viewer};
use vocab::{AlreadyExists, IdempotencyMismatch, InvalidInput, NotFound, UserErrorCode};

use super::review::Review;
use super::user_error::UserError;
use crate::review::{Flaw, Typed};
use crate::store::Store;
use crate::submit::{Submitted, submit};

/// What somebody wants to say of a product.
#[derive(InputObject)]
pub struct ReviewSubmitInput {
    /// The product to review.
    product_id: ID,
    /// How many stars: 1 to 5.
    rating: i32,
    /// The review in one line of up to 120 characters; may be left out.
    title: Option<String>,
    /// The review as plain text: 10 to 5000 characters, line breaks are kept.
    body: String,
    /// Whether you would recommend the product; may be left out.
    recommended: Option<bool>,
    /// A name of your choice for this submission, 1 to 255 bytes: sent again with the same input, it answers
    /// with the same review.
    idempotency_key: String,
}

/// What became of a submission.
pub struct ReviewSubmitPayload(Submitted);

/// What became of a submission.
#[Object]
impl ReviewSubmitPayload {
    /// The review as it is published; null when it is not.
    async fn review(&self) -> Option<Review> {
        match &self.0 {
            Submitted::Published(review) => Some(Review(review.clone())),
            Submitted::Flawed(_) | Submitted::UnknownProduct | Submitted::AlreadyReviewed | Submitted::KeyUsed => None,
        }
    }

    /// Why the review is not published; empty when it is.
    async fn user_errors(&self) -> Vec<UserError> {
        let coded = InvalidInput::coded;
        match &self.0 {
            Submitted::Published(_) => Vec::new(),
            Submitted::Flawed(flaws) => flaws.iter().map(Flaw::user_error).collect(),
            Submitted::UnknownProduct => {
                let refused = coded(UserErrorCode::NotFound, "There is no such product.", &["productId"]);
                vec![NotFound::from(refused).into()]
            }
            Submitted::AlreadyReviewed => {
                let message = "You have reviewed this product already.";
                vec![AlreadyExists::from(coded(UserErrorCode::AlreadyExists, message, &["productId"])).into()]
            }
            Submitted::KeyUsed => {
                let message = "This idempotency key was used with another input. Use a new key for a new review.";
                let refused = coded(UserErrorCode::IdempotencyMismatch, message, &["idempotencyKey"]);
                vec![IdempotencyMismatch::from(refused).into()]
            }
        }
    }
}

impl Flaw {
    fn user_error(&self) -> UserError {
        let field = match self {
            Self::Product(_) => "productId",
            Self::Rating => "rating",
            Self::Title => "title",
            Self::Body => "body",
            Self::IdempotencyKey(_) => "idempotencyKey",
        };
        InvalidInput::new(self, &[field]).into()
    }
}

#[derive(Default)]
pub struct ReviewSubmit;

#[Object]
impl ReviewSubmit {
    /// Publishes your review of a product. You must be signed in, and can review a product once.
    async fn review_submit(&self, ctx: &Context<'_>, input: ReviewSubmitInput) -> Result<ReviewSubmitPayload> {
        let signed = ctx.data_unchecked::<Viewer>().require_user()?;
        let ReviewSubmitInput { product_id, rating, title, body, recommended, idempotency_key } = input;
        let typed = Typed { product_id: product_id.to_string(), rating: rating.into(), title, body, recommended };
        let store = ctx.data_unchecked::<DataLoader<Store>>().loader();
        Ok(ReviewSubmitPayload(submit(store, signed, idempotency_key, typed).await?))
    }
}
