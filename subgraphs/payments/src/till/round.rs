//! One step of every errand, and the transaction in which the steps are kept.

use futures::StreamExt;
use kit::{Result, crash_at};

use super::Till;
use super::errand::{Answers, Errand};
use crate::CONCURRENCY;
use crate::ledger::Posted;
use crate::payment::{Next, Payment, State, Step};

/// An errand whose payment is to enter another state.
struct Move {
    errand: Errand,
    from: State,
    to: State,
}

impl Till {
    /// Gives the errands that are not answered yet.
    pub(super) async fn round(&self, errands: Vec<Errand>) -> Result<Vec<Errand>> {
        let (mut answers, mut moves, mut asking) = (Answers::default(), Vec::new(), Vec::new());
        let mut done = Vec::new();
        for errand in errands {
            let from = errand.payment.state;
            match errand.next() {
                Next::Answer(reply) => {
                    answers.add(&errand.payment.order_id, errand.command, &reply)?;
                    done.push(errand);
                }
                Next::Enter(to) => moves.push(Move { errand, from, to }),
                Next::Ask(step) => asking.push((errand, step)),
            }
        }
        moves.extend(self.ask_all(asking).await?);
        if self.keep(&mut moves, answers).await? {
            let moved = moves.into_iter().map(|one| one.errand);
            return Ok(moved.filter(|errand| !matches!(errand.next(), Next::Answer(_))).collect());
        }
        done.extend(moves.into_iter().map(|one| one.errand));
        self.afresh(done).await
    }

    async fn ask_all(&self, asking: Vec<(Errand, Step)>) -> Result<Vec<Move>> {
        let asked = asking.into_iter().map(|(errand, step)| async move {
            let Errand { command, payment } = errand;
            let from = payment.state;
            let (payment, to) = self.ask(&payment, step).await?;
            Ok(Move { errand: Errand { command, payment }, from, to })
        });
        let asked: Vec<Result<Move>> = futures::stream::iter(asked).buffered(CONCURRENCY).collect().await;
        asked.into_iter().collect()
    }

    /// Writes moves, what they do to the books, and what is answered, in one transaction. False when somebody else has
    /// moved one of the payments first: then nothing is written.
    async fn keep(&self, moves: &mut [Move], mut answers: Answers) -> Result<bool> {
        let mut posted = Vec::new();
        for Move { errand: Errand { command, payment }, to, .. } in &mut *moves {
            if let (Some(posting), Some(terms)) = (payment.enter(*to)?, &payment.terms) {
                posted.push(Posted { order_id: payment.order_id.clone(), posting, amount: terms.amount });
            }
            if let Next::Answer(reply) = payment.next(*command) {
                answers.add(&payment.order_id, *command, &reply)?;
            }
        }
        let txn = self.store.db.begin().await?;
        let moved: Vec<(State, &Payment)> = moves.iter().map(|one| (one.from, &one.errand.payment)).collect();
        if !self.store.move_payments(&txn, &moved).await? {
            txn.rollback().await?;
            return Ok(false);
        }
        self.store.post(&txn, &posted).await?;
        answers.send(&txn).await?;
        crash_at!("payments:before-commit");
        txn.commit().await?;
        crash_at!("payments:after-commit");
        for (_, payment) in moved {
            tracing::debug!(order.id = %payment.order_id, payment.state = payment.state.as_str(), "a payment moved");
        }
        Ok(true)
    }
}
