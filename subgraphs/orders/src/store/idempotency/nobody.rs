//! Requests of somebody who has no secret yet. All that is known of such a sender is the key, so the key is a secret
//! itself: its hash is kept, and for a while only.

use chrono::TimeDelta;
use kit::{Result, Txn};
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set, TryInsertResult};

use super::{ActiveModel, Column, Entity, Request, sha256};
use crate::shopper_error::ShopperError;
use crate::store::Store;

/// Stands where the owner stands of those that have one.
const NOBODY: &str = "nobody";

/// A random UUID has twelve or thirteen kinds of digits; fewer than eight come about once in a million. What somebody
/// numbers has few.
const KINDS_OF_DIGITS: usize = 8;

/// How long such a request may be sent again. A double click and a lost answer take no longer.
const REMEMBERED: TimeDelta = TimeDelta::minutes(10);

/// What the key of nobody turned out to be.
pub(crate) enum NobodysClaim {
    First,
    /// With the answer, and with what its secret was made with.
    Again {
        answer: String,
        salt: String,
    },
    Mismatch,
}

impl Request {
    /// Whoever sends this key is given a guest's secret, so nobody else may come upon it.
    pub(crate) fn must_be_unguessable(&self) -> Result<(), ShopperError> {
        let digits = uuid::Uuid::parse_str(&self.key).map(|key| key.simple().to_string());
        let kinds = digits.map_or(0, |digits| digits.bytes().collect::<std::collections::HashSet<_>>().len());
        if kinds >= KINDS_OF_DIGITS {
            return Ok(());
        }
        let message =
            "Without a guest's secret, an idempotency key must be one that nobody guesses: send a new random UUID.";
        Err(ShopperError::invalid(message, &["idempotencyKey"]))
    }
}

impl Store {
    /// Claims the key for nobody, as [`Store::claim_key`] does for an owner.
    pub(crate) async fn claim_for_nobody(
        &self,
        txn: &Txn,
        request: &Request,
        answer: &str,
        salt: &str,
    ) -> Result<NobodysClaim> {
        let (key, now) = (sha256(&request.key), self.clock.now());
        let this = || Column::Owner.eq(NOBODY).and(Column::Key.eq(&key));
        Entity::delete_many().filter(this()).filter(Column::CreatedAt.lt(now - REMEMBERED)).exec(&**txn).await?;
        let row = ActiveModel {
            owner: Set(NOBODY.to_owned()),
            key: Set(key.clone()),
            input_hash: Set(request.input_hash.clone()),
            answer: Set(answer.to_owned()),
            created_at: Set(now),
            salt: Set(Some(salt.to_owned())),
        };
        let inserted = Entity::insert(row)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .try_insert()
            .exec_without_returning(&**txn)
            .await?;
        if matches!(inserted, TryInsertResult::Inserted(rows) if rows > 0) {
            return Ok(NobodysClaim::First);
        }
        let before = Entity::find().filter(this()).one(&**txn).await?;
        let same = before.filter(|row| row.input_hash == request.input_hash);
        let again = same.and_then(|row| row.salt.map(|salt| NobodysClaim::Again { answer: row.answer, salt }));
        Ok(again.unwrap_or(NobodysClaim::Mismatch))
    }
}
