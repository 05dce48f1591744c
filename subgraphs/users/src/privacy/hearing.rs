//! What keepers answer.

use async_trait::async_trait;
use kit::Result;
use kit::identity::privacy::{Ask, ERASE_REFUSED, ERASED, EXPORTED, EraseRefused, Erased, Exported};
use kit::messaging::{Message, MessageHandler};
use serde_json::{Value, json};

use super::Privacy;
use crate::store::Store;

/// Hears what keepers answer. An answer that comes twice finds its question answered, so there is no inbox.
pub struct PrivacyReplies(pub Privacy);

#[async_trait]
impl MessageHandler for PrivacyReplies {
    async fn handle(&self, message: &Message) -> Result<()> {
        match message.kind.as_str() {
            EXPORTED => {
                let Exported { ask, part } = message.read()?;
                self.0.take_part(&ask, &part).await
            }
            ERASED => {
                let Erased { ask, counts } = message.read()?;
                self.0.forgotten(&ask, &json!(counts)).await
            }
            ERASE_REFUSED => {
                let EraseRefused { ask, reason, count } = message.read()?;
                self.0.not_yet(&ask, &reason, count).await
            }
            _ => Ok(()),
        }
    }
}

impl Privacy {
    async fn take_part(&self, ask: &Ask, part: &Value) -> Result<()> {
        let txn = self.store.begin().await?;
        if Store::export_in_hand(&txn, &ask.request_id).await? && self.store.keep_answer(&txn, ask, part).await? {
            let steps = Store::steps_of(&*txn, &[&ask.request_id]).await?;
            if steps.iter().all(|step| step.answered_at.is_some()) {
                self.store.export_ready(&txn, &ask.request_id, self.settings.export_life()).await?;
            }
        }
        Ok(txn.commit().await?)
    }

    async fn forgotten(&self, ask: &Ask, counts: &Value) -> Result<()> {
        let txn = self.store.begin().await?;
        let mut ended = Vec::new();
        if Store::erasure_in_hand(&txn, &ask.request_id).await?.is_some()
            && self.store.keep_answer(&txn, ask, counts).await?
            && let Some(erasure) = Store::erasure_in_hand(&txn, &ask.request_id).await?
            && erasure.may_close()
        {
            ended = self.close(&txn, &erasure).await?;
        }
        txn.commit().await?;
        self.sessions.tell(&ended).await;
        Ok(())
    }

    async fn not_yet(&self, ask: &Ask, reason: &str, count: u64) -> Result<()> {
        let txn = self.store.begin().await?;
        let again_at = self.store.clock().now() + self.settings.recheck();
        self.store.keep_refusal(&txn, ask, (reason, count), again_at).await?;
        Ok(txn.commit().await?)
    }
}
