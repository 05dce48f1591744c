//! Commands whose aggregates do not exist yet.

use super::{Aggregate, Driver, ExternalCommand, MOST_ROUNDS, send};
use crate::{Failure, Result};

/// Creates the aggregates; where one exists already, the command goes on with that. Returns the commands that are not
/// answered yet.
pub async fn open<F: Driver>(
    driver: &F,
    mut new: Vec<ExternalCommand<F::Aggregate>>,
) -> Result<Vec<ExternalCommand<F::Aggregate>>> {
    let mut existing = Vec::new();
    for _ in 0..MOST_ROUNDS {
        if new.is_empty() {
            return Ok(existing);
        }
        if let Some(goes_on) = try_to_open(driver, &new).await? {
            let opened = new.into_iter().zip(goes_on);
            existing.extend(opened.filter_map(|(external, goes_on)| goes_on.then_some(external)));
            return Ok(existing);
        }
        let keys: Vec<_> = new.iter().map(|external| external.aggregate.key()).collect();
        let mut known = driver.known(&keys).await?;
        let mut unknown = Vec::new();
        for external in new {
            match known.remove(external.aggregate.key()) {
                Some(aggregate) => {
                    driver.agree(&external, &aggregate)?;
                    existing.push(ExternalCommand { aggregate, ..external });
                }
                None => unknown.push(external),
            }
        }
        new = unknown;
    }
    let keys: Vec<String> = new.iter().map(|external| external.aggregate.key().to_string()).collect();
    Err(Failure::fault(anyhow::anyhow!("{keys:?} are neither opened nor there")))
}

/// Tells of each command whether it goes on. `None` if one of the aggregates exists already: then nothing is written.
async fn try_to_open<F: Driver>(driver: &F, new: &[ExternalCommand<F::Aggregate>]) -> Result<Option<Vec<bool>>> {
    let txn = driver.db().begin().await?;
    let aggregates: Vec<&F::Aggregate> = new.iter().map(|external| &external.aggregate).collect();
    if !driver.insert(&txn, &aggregates).await? {
        txn.rollback().await?;
        return Ok(None);
    }
    let (mut answers, mut goes_on) = (Vec::new(), Vec::new());
    for external in new {
        let answer = external.answer(driver)?;
        goes_on.push(answer.is_none());
        answers.extend(answer);
    }
    send::<F>(&txn, &answers).await?;
    txn.commit().await?;
    Ok(Some(goes_on))
}
