//! Work ends with the request that it is done for: when the client, the edge or the router hangs up, or time is up.
//!
//! A server drops the future of a handler whose connection closed. What that future has spawned, and what it has asked of
//! a database, would go on for nobody. So each request has a token that is cancelled when its future ends, done or
//! dropped; tasks spawned with [`spawn`] end with it, and so do its statements (`db::abandoned`).
//!
//! Only what is not done yet ends. A transaction that is dropped was never made, and a commit that has begun is seen
//! through ([`Txn::commit`](crate::Txn::commit)): to a change, hanging up is what a crash at that moment would be.

use std::future::Future;

use async_graphql::dataloader::DataLoader;
use futures::future::BoxFuture;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

tokio::task_local! {
    static REQUEST: CancellationToken;
}

/// Does the work of one request. When this future ends, however it ends, so does all that it has begun.
pub async fn for_request<F: Future>(work: F) -> F::Output {
    let token = CancellationToken::new();
    let _cancelled_at_the_end = token.clone().drop_guard();
    REQUEST.scope(token, work).await
}

/// The token of the request that is being worked on; none in the background.
pub(crate) fn current() -> Option<CancellationToken> {
    REQUEST.try_with(Clone::clone).ok()
}

/// Spawns a task that ends with the request that is being worked on. In the background it is a task like any other.
pub fn spawn(task: BoxFuture<'static, ()>) -> JoinHandle<()> {
    let Some(token) = current() else { return tokio::spawn(task) };
    let task = REQUEST.scope(token.clone(), task);
    tokio::spawn(async move {
        token.run_until_cancelled_owned(task).await;
    })
}

/// Batches the keys of one request, and stops loading when the request has ended.
pub fn batched<L>(loader: L) -> DataLoader<L> {
    DataLoader::new(loader, spawn)
}
