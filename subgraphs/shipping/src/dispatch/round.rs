//! One step of every errand, and the transaction in which the steps are kept.

use futures::StreamExt;
use kit::{Result, crash_at};

use super::Dispatch;
use super::errand::{Answers, Errand};
use crate::CONCURRENCY;
use crate::shipment::{Next, Shipment, State, Step};

/// An errand whose shipment is to enter another state.
struct Move {
    errand: Errand,
    from: State,
    to: State,
}

impl Dispatch {
    /// Gives the errands that are not answered yet.
    pub(super) async fn round(&self, errands: Vec<Errand>) -> Result<Vec<Errand>> {
        let (mut answers, mut moves, mut asking) = (Answers::default(), Vec::new(), Vec::new());
        let mut done = Vec::new();
        for errand in errands {
            let from = errand.shipment.state;
            match errand.next() {
                Next::Answer(reply) => {
                    answers.add(&errand.shipment.order_id, errand.command, &reply)?;
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
            let Errand { command, shipment } = errand;
            let from = shipment.state;
            let (shipment, to) = self.ask(shipment, step).await?;
            Ok(Move { errand: Errand { command, shipment }, from, to })
        });
        let asked: Vec<Result<Move>> = futures::stream::iter(asked).buffered(CONCURRENCY).collect().await;
        asked.into_iter().collect()
    }

    /// Writes moves, their events, and what is answered, in one transaction. False when somebody else has moved one of the
    /// shipments first: then nothing is written.
    async fn keep(&self, moves: &mut [Move], mut answers: Answers) -> Result<bool> {
        let (now, mut passed) = (self.store.clock.now(), Vec::new());
        for Move { errand: Errand { command, shipment }, to, .. } in &mut *moves {
            passed.push(shipment.enter(*to, now)?);
            shipment.next_look_at = to.is_live().then(|| now + self.track_every);
            if let Next::Answer(reply) = shipment.next(*command) {
                answers.add(&shipment.order_id, *command, &reply)?;
            }
        }
        let txn = self.store.db.begin().await?;
        let moved: Vec<(State, &Shipment)> = moves.iter().map(|one| (one.from, &one.errand.shipment)).collect();
        if !self.store.move_shipments(&txn, &moved).await? {
            txn.rollback().await?;
            return Ok(false);
        }
        let passed = moved.iter().zip(&passed).map(|((_, shipment), passed)| (*shipment, passed.as_slice()));
        self.store.note_passed(&txn, &passed.collect::<Vec<_>>()).await?;
        answers.send(&txn).await?;
        crash_at!("shipping:before-commit");
        txn.commit().await?;
        crash_at!("shipping:after-commit");
        for (_, shipment) in moved {
            tracing::debug!(order.id = %shipment.order_id, shipment.state = shipment.state.as_str(), "a shipment moved");
        }
        Ok(true)
    }
}
