use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use kit::{Result, Viewer, or_null};
use vocab::ErasureId;

use crate::erasure;
use crate::store::Store;

/// What staff need to see or ask for somebody else's erasure.
pub const PERMISSION: &str = "users";

/// How far an erasure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ErasureState {
    /// It has only begun.
    Requested,
    /// Orders are on their way. The account stays as it is until they have arrived.
    Waiting,
    /// There is no account any more, and all parts of the shop forget.
    Erasing,
    /// Nothing is left that names the user.
    Erased,
}

/// Something that happened in an erasure.
#[derive(SimpleObject)]
pub struct ErasureEvent {
    /// When it happened.
    at: DateTime<Utc>,
    /// What it was, in a word for clients to match on: `requested`, `waiting`, `anonymised`, `closed` or `erased`.
    kind: &'static str,
    /// What it was, for people.
    message: String,
}

/// What an erasure waits for.
#[derive(SimpleObject)]
pub struct ErasureHold {
    /// Why, in a word for clients to match on: `orders_on_their_way`.
    reason: String,
    /// How many of them there are.
    count: i32,
    /// When the shop looks again by itself; nothing needs to be done for that. Null when it is looking now.
    next_look_at: Option<DateTime<Utc>>,
}

/// Somebody's way to being forgotten. What the shop must keep for its books stays without a name or an address.
pub struct Erasure(pub erasure::Erasure);

/// Somebody's way to being forgotten. What the shop must keep for its books stays without a name or an address.
#[Object]
impl Erasure {
    /// The erasure's id: `era_…`.
    async fn id(&self) -> ID {
        ID::from(self.0.id.as_str())
    }

    /// How far it is.
    async fn state(&self) -> ErasureState {
        match self.0.state() {
            erasure::ErasureState::Requested => ErasureState::Requested,
            erasure::ErasureState::Waiting => ErasureState::Waiting,
            erasure::ErasureState::Erasing => ErasureState::Erasing,
            erasure::ErasureState::Erased => ErasureState::Erased,
        }
    }

    /// When it was asked for.
    async fn requested_at(&self) -> DateTime<Utc> {
        self.0.requested_at
    }

    /// What it waits for; null while it goes on.
    async fn waiting_for(&self) -> Option<ErasureHold> {
        self.0.waiting_for().map(|refusal| ErasureHold {
            reason: refusal.reason.clone(),
            count: i32::try_from(refusal.count).unwrap_or(i32::MAX),
            next_look_at: refusal.again_at,
        })
    }

    /// What has happened so far, in its order.
    async fn timeline(&self) -> Vec<ErasureEvent> {
        let moments = self.0.timeline().into_iter();
        moments.map(|erasure::ErasureEvent { at, kind, message }| ErasureEvent { at, kind, message }).collect()
    }
}

#[derive(Default)]
pub struct ErasureQuery;

#[Object]
impl ErasureQuery {
    /// An erasure: your own, or for staff with the permission `users` anybody's. Null when there is none with this id.
    async fn erasure(&self, ctx: &Context<'_>, id: ID) -> Option<Erasure> {
        or_null(ctx, erasure(ctx, &id).await)
    }
}

async fn erasure(ctx: &Context<'_>, id: &str) -> Result<Option<Erasure>> {
    let viewer = ctx.data_unchecked::<Viewer>();
    let (Some(signed), Ok(id)) = (&viewer.signed, ErasureId::parse(id)) else { return Ok(None) };
    let found = ctx.data_unchecked::<Store>().erasure(&id).await?;
    let shown = found.filter(|erasure| erasure.user_id.as_str() == signed.user_id || viewer.has(PERMISSION));
    Ok(shown.map(Erasure))
}
