//! Everything that the shop holds on a person, gathered for them.

use kit::Result;
use kit::identity::privacy::{Ask, EXPORT, Export};
use serde_json::Value;
use vocab::{ExportId, UserId};

use super::{KEEPERS, OURSELVES, Privacy, hash_for};
use crate::data_export::DataExport;
use crate::store::Store;

impl Privacy {
    /// Begins to gather. One that is under way already is the answer. None where there is no such user.
    pub async fn export(&self, user: &UserId) -> Result<Option<DataExport>> {
        let txn = self.store.begin().await?;
        // Whoever asks twice at once waits here, and finds what the first has begun.
        let Some((account, _)) = Store::account_in_hand(&txn, user).await? else {
            txn.rollback().await?;
            return Ok(None);
        };
        let id = match Store::export_under_way(&txn, user).await? {
            Some(id) => {
                txn.rollback().await?;
                id
            }
            None => {
                let id = ExportId::generate();
                self.store.insert_export(&txn, &id, user).await?;
                let ask = |keeper: &str| Ask {
                    request_id: id.to_string(),
                    keeper: keeper.to_owned(),
                    pass: 1,
                    user_id: user.to_string(),
                };
                let own = self.store.held_on(&txn, &account).await?;
                self.store.own_part(&txn, EXPORT, &ask(OURSELVES), &own).await?;
                for keeper in KEEPERS {
                    let (ask, patience) = (ask(keeper), self.settings.step_timeout());
                    let email_hash = hash_for(keeper, &account);
                    let body = Export { ask: ask.clone(), email_hash };
                    self.store.ask_keeper(&txn, EXPORT, &ask, &body, None, patience).await?;
                }
                txn.commit().await?;
                id
            }
        };
        self.store.export(&id, user).await
    }

    /// The whole of an export. None unless it is this user's, and ready, and not over.
    pub async fn document(&self, id: &ExportId, of: &UserId) -> Result<Option<Value>> {
        match self.store.export(id, of).await? {
            Some(export) if export.ready && !export.expired => self.store.export_document(id).await,
            _ => Ok(None),
        }
    }
}
