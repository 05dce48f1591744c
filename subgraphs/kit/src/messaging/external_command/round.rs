//! One round: a step of every command, and the transaction that writes them.

use futures::StreamExt;

use super::{Aggregate, Driver, ExternalCommand, Move, Next, send};
use crate::messaging::Message;
use crate::{Failure, Result, Transient};

type StepOf<F> = <<F as Driver>::Aggregate as Aggregate>::Step;

/// Returns the commands that are not answered yet.
pub(super) async fn round<F: Driver>(
    driver: &F,
    commands: Vec<ExternalCommand<F::Aggregate>>,
) -> Result<Vec<ExternalCommand<F::Aggregate>>> {
    let (mut answers, mut moves, mut asking) = (Vec::new(), Vec::new(), Vec::new());
    let mut done = Vec::new();
    for external in commands {
        match external.next() {
            Next::Answer(reply) => {
                answers.push(driver.reply(&external, &reply)?);
                done.push(external);
            }
            Next::Enter(to) => moves.push(Move { from: external.aggregate.state(), external, to }),
            Next::Ask(step) => asking.push((external, step)),
        }
    }
    moves.extend(ask_all(driver, asking).await?);
    if keep(driver, &mut moves, answers).await? {
        let moved = moves.into_iter().map(|one| one.external);
        return Ok(moved.filter(|external| !matches!(external.next(), Next::Answer(_))).collect());
    }
    done.extend(moves.into_iter().map(|one| one.external));
    reload(driver, done).await
}

async fn ask_all<F: Driver>(
    driver: &F,
    asking: Vec<(ExternalCommand<F::Aggregate>, StepOf<F>)>,
) -> Result<Vec<Move<F::Aggregate>>> {
    let asked = asking.into_iter().map(|(external, step)| async move {
        let ExternalCommand { command, aggregate } = external;
        let from = aggregate.state();
        let key = aggregate.key().clone();
        let asked = tokio::time::timeout(F::ANSWERS_WITHIN, driver.ask(aggregate, step)).await;
        let (aggregate, to) = asked.unwrap_or_else(|_late| {
            let late = anyhow::anyhow!("nobody has answered for {:?} what was asked of {key}", F::ANSWERS_WITHIN);
            Err(Transient::new(late).into())
        })?;
        Ok(Move { external: ExternalCommand { command, aggregate }, from, to })
    });
    let asked: Vec<Result<Move<F::Aggregate>>> = futures::stream::iter(asked).buffered(F::AT_ONCE).collect().await;
    asked.into_iter().collect()
}

/// Writes moves, what goes beside them, and what is answered, in one transaction. False when somebody else has moved one
/// of the aggregates first: then nothing is written.
async fn keep<F: Driver>(driver: &F, moves: &mut [Move<F::Aggregate>], mut answers: Vec<Message>) -> Result<bool> {
    let beside = driver.enter(moves)?;
    for one in &*moves {
        answers.extend(one.external.answer(driver)?);
    }
    let txn = driver.db().begin().await?;
    if !driver.write(&txn, moves, beside).await? {
        txn.rollback().await?;
        return Ok(false);
    }
    send::<F>(&txn, &answers).await?;
    driver.commit(txn, moves).await?;
    Ok(true)
}

/// The same commands, with the aggregates as they stand now.
async fn reload<F: Driver>(
    driver: &F,
    mut commands: Vec<ExternalCommand<F::Aggregate>>,
) -> Result<Vec<ExternalCommand<F::Aggregate>>> {
    let keys: Vec<_> = commands.iter().map(|external| external.aggregate.key()).collect();
    let mut known = driver.known(&keys).await?;
    for external in &mut commands {
        let gone = || Failure::fault(anyhow::anyhow!("{} is gone", external.aggregate.key()));
        external.aggregate = known.remove(external.aggregate.key()).ok_or_else(gone)?;
    }
    Ok(commands)
}
