use async_graphql::{Context, Object};
use kit::{Result, Viewer};
use vocab::UserErrorCode;

use super::asking::signed_in;
use super::data_export::DataExport;
use super::user_error::UserError;
use crate::data_export;
use crate::privacy::Privacy;

/// What became of the wish for an export.
pub struct UserDataExportPayload(Option<data_export::DataExport>);

/// What became of the wish for an export.
#[Object]
impl UserDataExportPayload {
    /// The export, which has only begun: ask for it again until it is ready. Null where there is none.
    async fn data_export(&self) -> Option<DataExport> {
        self.0.clone().map(DataExport)
    }

    /// Why there is no export; empty when there is.
    async fn user_errors(&self) -> Vec<UserError> {
        match &self.0 {
            Some(_) => Vec::new(),
            None => vec![UserError::coded(UserErrorCode::NotFound, "There is no account of yours any more.", &[])],
        }
    }
}

#[derive(Default)]
pub struct UserDataExport;

#[Object]
impl UserDataExport {
    /// Gathers everything that the shop holds on you, to be downloaded as one file; also what was bought as a guest with
    /// the address that you have verified. One at a time: while an export is being prepared, that one is the answer. It
    /// takes a recent proof of who you are, and answers STEP_UP_REQUIRED without one.
    async fn user_data_export(&self, ctx: &Context<'_>) -> Result<UserDataExportPayload> {
        let (user, _session) = signed_in(ctx)?;
        ctx.data_unchecked::<Viewer>().require_recent()?;
        Ok(UserDataExportPayload(ctx.data_unchecked::<Privacy>().export(&user).await?))
    }
}
