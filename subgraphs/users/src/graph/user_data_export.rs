use async_graphql::{Context, Object};
use kit::{Failure, Refused, Result};

use super::asking::signed_in;
use super::data_export::DataExport;
use super::user_error::UserError;
use crate::privacy::Privacy;

/// What became of the wish for an export.
pub struct UserDataExportPayload(DataExport);

/// What became of the wish for an export.
#[Object]
impl UserDataExportPayload {
    /// The export, which has only begun: ask for it again until it is ready.
    async fn data_export(&self) -> Option<DataExport> {
        Some(DataExport(self.0.0.clone()))
    }

    /// Why there is no export; empty when there is.
    async fn user_errors(&self) -> Vec<UserError> {
        Vec::new()
    }
}

#[derive(Default)]
pub struct UserDataExport;

#[Object]
impl UserDataExport {
    /// Gathers everything that the shop holds on you, to be downloaded as one file. One at a time: while an export is
    /// being prepared, that one is the answer.
    async fn user_data_export(&self, ctx: &Context<'_>) -> Result<UserDataExportPayload> {
        let (user, _session) = signed_in(ctx)?;
        let begun = ctx.data_unchecked::<Privacy>().export(&user).await?;
        let nobody = || Failure::from(Refused::unauthenticated());
        Ok(UserDataExportPayload(DataExport(begun.ok_or_else(nobody)?)))
    }
}
