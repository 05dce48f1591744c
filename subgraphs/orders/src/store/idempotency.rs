//! Requests that land once: the first claims its key and is answered; the same again gets the same answer.

mod nobody;

use kit::db::Among;
use kit::{Owner, Result, Txn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{Set, TryInsertResult};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use vocab::{IdempotencyKey, UserErrorCode};

use super::Store;
use crate::shopper_error::ShopperError;

pub(crate) use nobody::NobodysClaim;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotent_request")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub owner: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    pub input_hash: String,
    pub answer: String,
    pub created_at: DateTimeUtc,
    /// What the secret was made with that this request was given; null for who had one.
    pub salt: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A request under the key that its client chose.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    key: String,
    input_hash: String,
}

/// What a key turned out to be.
#[derive(Debug)]
pub(crate) enum Claim {
    First,
    /// With the answer, which may be a [`Fault`].
    Again(String),
    Mismatch,
}

/// A fault as its client was told it. Whoever sends the request again is told the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Fault {
    pub message: String,
    pub code: String,
    pub trace_id: String,
}

impl Request {
    pub(crate) fn try_new(operation: &str, key: &str, input: &serde_json::Value) -> Result<Self, ShopperError> {
        let key = IdempotencyKey::parse(key).map_err(|none| ShopperError::invalid(none, &["idempotencyKey"]))?;
        Ok(Self::new(operation, key, input))
    }

    pub(crate) fn new(operation: &str, key: IdempotencyKey, input: &serde_json::Value) -> Self {
        Self { key: key.into(), input_hash: sha256(&format!("{operation}\n{input}")) }
    }

    /// The key as its client chose it.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn mismatch() -> ShopperError {
        let message = "This idempotency key was used for another request: take a new one.";
        ShopperError::coded(UserErrorCode::IdempotencyMismatch, message, &["idempotencyKey"])
    }
}

/// The SHA-256 of a text, in hexadecimal digits.
pub(super) fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

impl Fault {
    /// The fault that was kept in an answer's place.
    pub(crate) fn kept(answer: &str) -> Option<Self> {
        serde_json::from_str(answer).ok()
    }
}

impl Store {
    /// Whether one of `owners` has used the request's key.
    pub(crate) async fn recall(db: &impl ConnectionTrait, owners: &[Owner], request: &Request) -> Result<Claim> {
        let used = Entity::find()
            .filter(Column::Owner.among(owners.iter().map(Owner::as_str)))
            .filter(Column::Key.eq(&request.key))
            .all(db)
            .await?;
        // A shopper who has signed in meanwhile is two owners. An answer counts before a fault.
        let used = used.into_iter().min_by_key(|row| Fault::kept(&row.answer).is_some());
        Ok(match used {
            None => Claim::First,
            Some(row) if row.input_hash != request.input_hash => Claim::Mismatch,
            Some(row) => Claim::Again(row.answer),
        })
    }

    /// Keeps a fault under the request's key, unless the key has an answer by now: a commit whose outcome nobody heard
    /// may have landed. What the key turned out to be is told.
    pub(crate) async fn keep_fault(&self, owners: &[Owner], request: &Request, fault: &Fault) -> Result<Claim> {
        let Some(owner) = owners.first() else { return Ok(Claim::First) };
        let txn = self.db.begin().await?;
        let mut claim = Self::recall(&*txn, owners, request).await?;
        if let Claim::First = claim {
            claim = self.claim_key(&txn, owner, request, &serde_json::to_string(fault)?).await?;
        }
        txn.commit().await?;
        Ok(claim)
    }

    /// Claims the key for `owner`, as answered by `answer`. A claim falls with its transaction, so a refused request
    /// leaves its key free. Two at once: the second waits for the first.
    pub(crate) async fn claim_key(&self, txn: &Txn, owner: &Owner, request: &Request, answer: &str) -> Result<Claim> {
        let row = ActiveModel {
            owner: Set(owner.to_string()),
            key: Set(request.key.clone()),
            input_hash: Set(request.input_hash.clone()),
            answer: Set(answer.to_owned()),
            created_at: Set(self.clock.now()),
            salt: Set(None),
        };
        let inserted = Entity::insert(row)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .try_insert()
            .exec_without_returning(&**txn)
            .await?;
        match inserted {
            TryInsertResult::Inserted(rows) if rows > 0 => Ok(Claim::First),
            _ => Self::recall(&**txn, std::slice::from_ref(owner), request).await,
        }
    }
}
