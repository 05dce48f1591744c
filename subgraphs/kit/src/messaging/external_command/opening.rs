//! How errands begin whose things are not there yet.

use super::{Aggregate, Driver, ExternalCommand, MOST_ROUNDS, send};
use crate::{Failure, Result};

/// The first command on a thing decides what it is. Gives the errands that go on, with the things that stand; the others
/// are answered.
pub async fn open<F: Driver>(
    follower: &F,
    mut new: Vec<ExternalCommand<F::Aggregate>>,
) -> Result<Vec<ExternalCommand<F::Aggregate>>> {
    let mut standing = Vec::new();
    for _ in 0..MOST_ROUNDS {
        if new.is_empty() {
            return Ok(standing);
        }
        if let Some(goes_on) = try_to_open(follower, &new).await? {
            let opened = new.into_iter().zip(goes_on);
            standing.extend(opened.filter_map(|(errand, goes_on)| goes_on.then_some(errand)));
            return Ok(standing);
        }
        let keys: Vec<_> = new.iter().map(|errand| errand.thing.key()).collect();
        let mut known = follower.known(&keys).await?;
        let mut unknown = Vec::new();
        for errand in new {
            match known.remove(errand.thing.key()) {
                Some(thing) => {
                    follower.agree(&errand, &thing)?;
                    standing.push(ExternalCommand { thing, ..errand });
                }
                None => unknown.push(errand),
            }
        }
        new = unknown;
    }
    let keys: Vec<String> = new.iter().map(|errand| errand.thing.key().to_string()).collect();
    Err(Failure::fault(anyhow::anyhow!("{keys:?} are neither opened nor there")))
}

/// Says of each whether it goes on. None when one of the things is there already: then nothing is written.
async fn try_to_open<F: Driver>(follower: &F, new: &[ExternalCommand<F::Aggregate>]) -> Result<Option<Vec<bool>>> {
    let txn = follower.db().begin().await?;
    let things: Vec<&F::Aggregate> = new.iter().map(|errand| &errand.thing).collect();
    if !follower.insert(&txn, &things).await? {
        txn.rollback().await?;
        return Ok(None);
    }
    let (mut answers, mut goes_on) = (Vec::new(), Vec::new());
    for errand in new {
        let answer = errand.answer(follower)?;
        goes_on.push(answer.is_none());
        answers.extend(answer);
    }
    send::<F>(&txn, &answers).await?;
    txn.commit().await?;
    Ok(Some(goes_on))
}
