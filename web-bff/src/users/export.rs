//! What the shop holds on somebody, asked for in their name.

use kit::Result;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Users};
use crate::address::ClientAddress;

const EXPORT: &str = include_str!("export.graphql");

#[derive(Deserialize)]
struct Export {
    document: Option<Value>,
}

impl Users {
    /// The whole of an export. None unless it is theirs whose token this is, and ready.
    pub async fn export(&self, id: &str, access_token: &str, calling: ClientAddress) -> Result<Option<Value>> {
        let call = Call { access_token: Some(access_token), ..Call::new(EXPORT, json!(id), calling) };
        let found = self.find::<Export>(call).await?;
        Ok(found.and_then(|export| export.document))
    }
}
