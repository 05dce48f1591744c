//! Submitting a review.

use std::sync::Arc;

use kit::{Failure, Refusal, Result, Signed};
use sha2::{Digest, Sha256};
use vocab::{IdempotencyKey, ReviewId, UserId};

use crate::review::{Draft, Flaw, Review, Typed};
use crate::store::{ReviewById, Store, Submission};

/// What became of a submission.
pub enum Submitted {
    /// It is published; or it was before, by the same submission.
    Published(Arc<Review>),
    Flawed(Vec<Flaw>),
    UnknownProduct,
    /// This author has reviewed this product.
    AlreadyReviewed,
    /// The key stands for another submission.
    KeyUsed,
}

/// Publishes what `signed` typed. A refusal leaves nothing behind, so its key may be used again.
pub async fn submit(store: &Store, signed: &Signed, key: String, typed: Typed) -> Result<Submitted> {
    let author = UserId::parse(&signed.user_id).map_err(|_no_user| Refusal::unauthenticated())?;
    let (key, draft) = match (IdempotencyKey::parse(&key).map_err(Flaw::IdempotencyKey), Draft::try_new(typed)) {
        (Ok(key), Ok(draft)) => (key, draft),
        (key, draft) => {
            let flaws = draft.err().into_iter().flatten().chain(key.err());
            return Ok(Submitted::Flawed(flaws.collect()));
        }
    };
    let fingerprint = fingerprint(&draft)?;
    let review = draft.by(author.clone(), store.clock().now());
    let submission = Submission { author_id: author, key, fingerprint, review_id: review.id.clone() };

    let txn = store.begin().await?;
    if let Some(earlier) = store.claim(&txn, &submission).await? {
        txn.rollback().await?;
        let same = earlier.fingerprint == submission.fingerprint;
        return if same { published(store, earlier.review_id).await } else { Ok(Submitted::KeyUsed) };
    }
    if !store.knows_product(&txn, &review.product_id).await? {
        txn.rollback().await?;
        return Ok(Submitted::UnknownProduct);
    }
    if !store.insert_review(&txn, &review).await? {
        txn.rollback().await?;
        return Ok(Submitted::AlreadyReviewed);
    }
    store.add_rating(&txn, &review.product_id, review.stars).await?;
    txn.commit().await?;
    Ok(Submitted::Published(Arc::new(review)))
}

async fn published(store: &Store, id: ReviewId) -> Result<Submitted> {
    let found = store.review(ReviewById(id)).await?;
    let missing = || Failure::fault(anyhow::anyhow!("a submission names a review that is not there"));
    found.map(Submitted::Published).ok_or_else(missing)
}

/// Tells two inputs under one key apart.
fn fingerprint(draft: &Draft) -> Result<String> {
    Ok(hex::encode(Sha256::digest(serde_json::to_vec(draft)?)))
}
