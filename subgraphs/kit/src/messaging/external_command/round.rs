//! One step of every errand, and the transaction in which the steps are kept.

use futures::StreamExt;

use super::{Aggregate, Driver, ExternalCommand, Move, Next, send};
use crate::messaging::Message;
use crate::{Failure, Result, Transient};

type StepOf<F> = <<F as Driver>::Aggregate as Aggregate>::Step;

/// Gives the errands that are not answered yet.
pub(super) async fn round<F: Driver>(
    follower: &F,
    errands: Vec<ExternalCommand<F::Aggregate>>,
) -> Result<Vec<ExternalCommand<F::Aggregate>>> {
    let (mut answers, mut moves, mut asking) = (Vec::new(), Vec::new(), Vec::new());
    let mut done = Vec::new();
    for errand in errands {
        match errand.next() {
            Next::Answer(reply) => {
                answers.push(follower.reply(&errand, &reply)?);
                done.push(errand);
            }
            Next::Enter(to) => moves.push(Move { from: errand.thing.state(), errand, to }),
            Next::Ask(step) => asking.push((errand, step)),
        }
    }
    moves.extend(ask_all(follower, asking).await?);
    if keep(follower, &mut moves, answers).await? {
        let moved = moves.into_iter().map(|one| one.errand);
        return Ok(moved.filter(|errand| !matches!(errand.next(), Next::Answer(_))).collect());
    }
    done.extend(moves.into_iter().map(|one| one.errand));
    reload(follower, done).await
}

async fn ask_all<F: Driver>(
    follower: &F,
    asking: Vec<(ExternalCommand<F::Aggregate>, StepOf<F>)>,
) -> Result<Vec<Move<F::Aggregate>>> {
    let asked = asking.into_iter().map(|(errand, step)| async move {
        let ExternalCommand { command, thing } = errand;
        let from = thing.state();
        let key = thing.key().clone();
        let asked = tokio::time::timeout(F::ANSWERS_WITHIN, follower.ask(thing, step)).await;
        let (thing, to) = asked.unwrap_or_else(|_late| {
            let late = anyhow::anyhow!("nobody has answered for {:?} what was asked of {key}", F::ANSWERS_WITHIN);
            Err(Transient::new(late).into())
        })?;
        Ok(Move { errand: ExternalCommand { command, thing }, from, to })
    });
    let asked: Vec<Result<Move<F::Aggregate>>> = futures::stream::iter(asked).buffered(F::AT_ONCE).collect().await;
    asked.into_iter().collect()
}

/// Writes moves, what goes beside them, and what is answered, in one transaction. False when somebody else has moved one
/// of the things first: then nothing is written.
async fn keep<F: Driver>(follower: &F, moves: &mut [Move<F::Aggregate>], mut answers: Vec<Message>) -> Result<bool> {
    let beside = follower.enter(moves)?;
    for one in &*moves {
        answers.extend(one.errand.answer(follower)?);
    }
    let txn = follower.db().begin().await?;
    if !follower.write(&txn, moves, beside).await? {
        txn.rollback().await?;
        return Ok(false);
    }
    send::<F>(&txn, &answers).await?;
    follower.commit(txn, moves).await?;
    Ok(true)
}

/// The same errands, with the things as they stand now.
async fn reload<F: Driver>(
    follower: &F,
    mut errands: Vec<ExternalCommand<F::Aggregate>>,
) -> Result<Vec<ExternalCommand<F::Aggregate>>> {
    let keys: Vec<_> = errands.iter().map(|errand| errand.thing.key()).collect();
    let mut known = follower.known(&keys).await?;
    for errand in &mut errands {
        let gone = || Failure::fault(anyhow::anyhow!("{} is gone", errand.thing.key()));
        errand.thing = known.remove(errand.thing.key()).ok_or_else(gone)?;
    }
    Ok(errands)
}
