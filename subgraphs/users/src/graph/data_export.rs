use async_graphql::{Context, Enum, ID, Json, Object, SimpleObject};
use chrono::{DateTime, Utc};
use kit::{Result, Viewer, or_null};
use serde_json::Value;
use vocab::{ExportId, UserId};

use crate::data_export;
use crate::privacy::Privacy;
use crate::store::Store;

/// How far an export is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum DataExportState {
    /// Parts are missing. Most exports take a few seconds: ask again.
    Preparing,
    /// It can be downloaded.
    Ready,
    /// It was not kept any longer: ask for another.
    Expired,
}

/// What one part of the shop holds on you.
#[derive(SimpleObject)]
pub struct DataExportPart {
    /// Which part of the shop: `orders`, `users` …
    keeper: String,
    /// When it was handed over; null until it is.
    received_at: Option<DateTime<Utc>>,
}

/// Everything that the shop holds on somebody, as one file for them.
pub struct DataExport(pub data_export::DataExport);

/// Everything that the shop holds on somebody, as one file for them.
#[Object]
impl DataExport {
    /// The export's id: `exp_…`.
    async fn id(&self) -> ID {
        ID::from(self.0.id.as_str())
    }

    /// How far it is.
    async fn state(&self) -> DataExportState {
        match (self.0.ready, self.0.expired) {
            (false, _) => DataExportState::Preparing,
            (true, false) => DataExportState::Ready,
            (true, true) => DataExportState::Expired,
        }
    }

    /// When it was asked for.
    async fn requested_at(&self) -> DateTime<Utc> {
        self.0.requested_at
    }

    /// Until when it can be downloaded; null until it is ready.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// Where the file is, below the address of the shop: `/auth/export/exp_…`. It is given to its owner alone, who has
    /// shown a moment ago who they are. Null unless it is ready.
    async fn url(&self) -> Option<String> {
        (self.0.ready && !self.0.expired).then(|| format!("/auth/export/{}", self.0.id))
    }

    /// What was asked of each part of the shop, and what is there.
    async fn parts(&self) -> Vec<DataExportPart> {
        let part =
            |part: &data_export::Part| DataExportPart { keeper: part.keeper.clone(), received_at: part.received_at };
        self.0.parts.iter().map(part).collect()
    }

    /// The file itself, for the edge to hand out. Null unless it is ready. It takes a recent proof of who asks.
    #[graphql(inaccessible)]
    async fn document(&self, ctx: &Context<'_>) -> Option<Json<Value>> {
        let document = async {
            let Some(user) = viewer(ctx) else { return Ok(None) };
            ctx.data_unchecked::<Viewer>().require_recent()?;
            ctx.data_unchecked::<Privacy>().document(&self.0.id, &user).await
        };
        or_null(ctx, document.await).map(Json)
    }
}

#[derive(Default)]
pub struct DataExportQuery;

#[Object]
impl DataExportQuery {
    /// An export of yours; null when there is none with this id.
    async fn data_export(&self, ctx: &Context<'_>, id: ID) -> Option<DataExport> {
        or_null(ctx, data_export(ctx, &id).await)
    }
}

async fn data_export(ctx: &Context<'_>, id: &str) -> Result<Option<DataExport>> {
    let (Some(user), Ok(id)) = (viewer(ctx), ExportId::parse(id)) else { return Ok(None) };
    Ok(ctx.data_unchecked::<Store>().export(&id, &user).await?.map(DataExport))
}

fn viewer(ctx: &Context<'_>) -> Option<UserId> {
    let signed = ctx.data_unchecked::<Viewer>().signed.as_ref()?;
    UserId::parse(&signed.user_id).ok()
}
