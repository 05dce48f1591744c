//! What the shop holds on somebody, asked for in their name.

use kit::Result;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Users};
use crate::session::Calling;

const EXPORT: &str = include_str!("export.graphql");

#[derive(Deserialize)]
struct Export {
    document: Option<Value>,
}

impl Users {
    /// The whole of an export. None unless it is theirs whose token this is, and ready.
    pub async fn export(&self, id: &str, access_token: &str, calling: Calling) -> Result<Option<Value>> {
        let (input, access_token) = (json!(id), Some(access_token));
        let found = self.find::<Export>(Call { document: EXPORT, input, calling, act: None, access_token }).await?;
        Ok(found.and_then(|export| export.document))
    }
}
