//! What a person may ask of everybody who keeps something on them: to hand it over, and to forget it.
//!
//! Who keeps something is a *keeper*. Each hears every command on one stream and answers those that name it, however
//! often they come, each time under the same id: an answer before may be the one that was lost. Handing over changes
//! nothing, and forgetting twice forgets once, so neither needs an inbox.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::messaging::{Message, MessageHandler};
use crate::{Db, Owner, Result, Txn};

/// Where keepers are asked.
pub const COMMANDS: &str = "privacy.commands";
/// Where they answer.
pub const REPLIES: &str = "privacy.replies";

pub const EXPORT: &str = "privacy.export.v1";
pub const EXPORTED: &str = "privacy.exported.v1";
pub const ERASE: &str = "privacy.erase.v1";
pub const ERASED: &str = "privacy.erased.v1";
pub const ERASE_REFUSED: &str = "privacy.erase_refused.v1";

/// Which question this is, and to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ask {
    /// The export or the erasure that the question belongs to.
    pub request_id: String,
    /// Who is asked.
    pub keeper: String,
    /// 1, and more where one keeper is asked again in the course of one request.
    pub pass: i32,
    /// Whom it is about.
    pub user_id: String,
}

/// "Hand over what you keep on them."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Export {
    #[serde(flatten)]
    pub ask: Ask,
    /// [`crate::identity::token::email_hash`] of the address that they have verified, for who keeps what was done with it before
    /// anybody knew whose it is. None for the others, and where no address is verified.
    #[serde(default)]
    pub email_hash: Option<String>,
}

/// Never printed: it is all that somebody keeps on a person.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exported {
    #[serde(flatten)]
    pub ask: Ask,
    pub part: Value,
}

/// "Forget them, and keep the books straight."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Erase {
    #[serde(flatten)]
    pub ask: Ask,
    /// Whether what they have written for others to read goes too.
    #[serde(default)]
    pub texts_too: bool,
    /// As in [`Export`].
    #[serde(default)]
    pub email_hash: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Erased {
    #[serde(flatten)]
    pub ask: Ask,
    /// How many of what were changed or deleted.
    pub counts: BTreeMap<String, u64>,
}

/// "Not yet." Whoever asked asks again later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EraseRefused {
    #[serde(flatten)]
    pub ask: Ask,
    /// What it waits for, in a word.
    pub reason: String,
    /// How many of those there are.
    pub count: u64,
}

/// What became of the wish that somebody be forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErasureOutcome {
    Done(BTreeMap<&'static str, u64>),
    NotYet { reason: &'static str, count: u64 },
}

/// Somebody who keeps something on people.
#[async_trait]
pub trait PersonalDataStore: Send + Sync + 'static {
    /// What the keeper is called in commands.
    const NAME: &'static str;

    /// Makes a person's own, before it is handed over or forgotten, what was done with an address that they have verified
    /// since; `email_hash` is what [`crate::identity::token::email_hash`] makes of it.
    async fn gather(&self, _person: &Owner, _email_hash: &str) -> Result<()> {
        Ok(())
    }

    /// All that is kept on a person.
    async fn export(&self, person: &Owner) -> Result<Value>;

    /// Forgets a person, with this transaction.
    async fn forget(&self, txn: &Txn, person: &Owner, erase: &Erase) -> Result<ErasureOutcome>;
}

/// Answers for a keeper.
pub struct PrivacyHandler<K> {
    db: Db,
    keeper: K,
}

impl<K: PersonalDataStore> PrivacyHandler<K> {
    /// `db` is where the keeper keeps what it keeps.
    pub fn new(db: Db, keeper: K) -> Self {
        Self { db, keeper }
    }

    async fn export(&self, Export { ask, email_hash }: Export) -> Result<()> {
        let person = Owner::user(&ask.user_id);
        if let Some(email_hash) = &email_hash {
            self.keeper.gather(&person, email_hash).await?;
        }
        let part = self.keeper.export(&person).await?;
        let txn = self.db.begin().await?;
        txn.send(REPLIES, &said(EXPORTED, &ask, &Exported { ask: ask.clone(), part })?).await?;
        Ok(txn.commit().await?)
    }

    async fn forget(&self, erase: Erase) -> Result<()> {
        let ask = &erase.ask;
        let person = Owner::user(&ask.user_id);
        if let Some(email_hash) = &erase.email_hash {
            self.keeper.gather(&person, email_hash).await?;
        }
        let txn = self.db.begin().await?;
        let reply = match self.keeper.forget(&txn, &person, &erase).await? {
            ErasureOutcome::Done(counts) => {
                // What was handed over and not taken is theirs as well.
                txn.take_back(EXPORTED, &[&ask.user_id]).await?;
                let counts = counts.into_iter().map(|(what, count)| (what.to_owned(), count)).collect();
                said(ERASED, ask, &Erased { ask: ask.clone(), counts })?
            }
            ErasureOutcome::NotYet { reason, count } => {
                let refused = EraseRefused { ask: ask.clone(), reason: reason.to_owned(), count };
                said(ERASE_REFUSED, ask, &refused)?
            }
        };
        txn.send(REPLIES, &reply).await?;
        Ok(txn.commit().await?)
    }
}

#[async_trait]
impl<K: PersonalDataStore> MessageHandler for PrivacyHandler<K> {
    async fn handle(&self, message: &Message) -> Result<()> {
        match message.kind.as_str() {
            EXPORT => {
                let export: Export = message.read()?;
                if export.ask.keeper == K::NAME { self.export(export).await } else { Ok(()) }
            }
            ERASE => {
                let erase: Erase = message.read()?;
                if erase.ask.keeper == K::NAME { self.forget(erase).await } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }
}

/// A question or an answer, under an id that stays the same however often it is said.
pub fn said(kind: &str, ask: &Ask, body: &impl Serialize) -> Result<Message> {
    let message = Message::new(kind, &ask.user_id, body)?;
    Ok(message.with_derived_id(&[&ask.request_id, &ask.keeper, &ask.pass.to_string(), kind]))
}
