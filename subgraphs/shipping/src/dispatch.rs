//! Follows commands: writes the intention, asks the carrier, writes what came of it.
//!
//! Each round does the one thing that [`Shipment::next`] says. Nobody holds a lock while the carrier thinks: a move is
//! written only if the shipment still is as it was, and whoever finds that it has moved meanwhile reads it afresh.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use kit::message::{Consume, Message};
use kit::{Failure, Result, Txn, crash_at};
use vocab::OrderId;

use crate::Store;
use crate::carrier::{Booking, Cancellation, Carrier, IdempotencyKey, Outcome};
use crate::message::{self, Asked, Create};
use crate::rate;
use crate::shipment::{Command, Next, Reply, Shipment, State, Step, Terms};

/// More than any command takes, even if every round is lost to somebody else once.
const MOST_ROUNDS: usize = 12;

const NO_RATE: &str = "We do not deliver an order of this weight there by this method.";

pub struct Dispatch {
    store: Store,
    carrier: Arc<dyn Carrier>,
    track_every: TimeDelta,
}

#[async_trait]
impl Consume for Dispatch {
    async fn consume(&self, message: &Message) -> Result<()> {
        match Asked::read(message)? {
            Asked::Create(ask) => self.create(*ask).await,
            Asked::Cancel(order_id) => self.cancel(order_id).await,
        }
    }
}

/// What became of a move.
enum Written {
    /// That was all, and the command is answered.
    Answered,
    Moved(Box<Shipment>),
    /// Somebody else moved the shipment first.
    Overtaken,
}

impl Dispatch {
    /// A parcel is looked at for the first time `track_every` after its booking.
    pub fn new(store: Store, carrier: Arc<dyn Carrier>, track_every: TimeDelta) -> Self {
        Self { store, carrier, track_every }
    }

    async fn create(&self, ask: Create) -> Result<()> {
        let Create { order_id, owner, method, address, lines } = ask;
        let country = address.country().to_owned();
        let terms = Terms { owner, method, country, address: Some(address.into()) };
        let brackets = self.store.brackets(&terms.country, &terms.method).await?;
        let mut shipment = Shipment::new(order_id, terms, lines, self.store.clock.now());
        match rate::bracket(&brackets, shipment.weight_grams()) {
            Some(rate) => {
                shipment.estimated_delivery = Some(shipment.created_at + TimeDelta::days(i64::from(rate.max_days)));
            }
            None => shipment = shipment.refused(NO_RATE),
        }
        match self.open(shipment, Command::Create).await? {
            Some(shipment) => self.follow(shipment, Command::Create).await,
            None => Ok(()),
        }
    }

    async fn cancel(&self, order_id: OrderId) -> Result<()> {
        let shipment = match self.store.shipment_of(&order_id).await? {
            Some(shipment) => Some(shipment),
            None => self.open(Shipment::barred(order_id, self.store.clock.now()), Command::Cancel).await?,
        };
        match shipment {
            Some(shipment) => self.follow(shipment, Command::Cancel).await,
            None => Ok(()),
        }
    }

    /// The first command of an order decides whether it has a shipment or a bar. The answer is what stands; None when
    /// that is final, and the command answered with it.
    async fn open(&self, shipment: Shipment, command: Command) -> Result<Option<Shipment>> {
        let txn = self.store.db.begin().await?;
        if !self.store.open_shipment(&txn, &shipment).await? {
            txn.rollback().await?;
            return self.known(&shipment.order_id).await.map(Some);
        }
        let Next::Answer(reply) = shipment.next(command) else {
            txn.commit().await?;
            return Ok(Some(shipment));
        };
        answer(&txn, &shipment.order_id, command, &reply).await?;
        txn.commit().await?;
        Ok(None)
    }

    async fn known(&self, order_id: &OrderId) -> Result<Shipment> {
        let gone = || Failure::fault(anyhow::anyhow!("the shipment of {order_id} is gone"));
        self.store.shipment_of(order_id).await?.ok_or_else(gone)
    }

    async fn follow(&self, mut shipment: Shipment, command: Command) -> Result<()> {
        let order_id = shipment.order_id.clone();
        for _ in 0..MOST_ROUNDS {
            let from = shipment.state;
            let (moved, to) = match shipment.next(command) {
                Next::Answer(reply) => {
                    let txn = self.store.db.begin().await?;
                    answer(&txn, &order_id, command, &reply).await?;
                    return Ok(txn.commit().await?);
                }
                Next::Enter(state) => (shipment, state),
                Next::Ask(Step::Book) => self.book(shipment).await?,
                Next::Ask(Step::Cancel) => self.call_off(shipment).await?,
            };
            shipment = match self.write(command, from, moved, to).await? {
                Written::Answered => return Ok(()),
                Written::Moved(shipment) => *shipment,
                Written::Overtaken => self.known(&order_id).await?,
            };
        }
        Err(Failure::fault(anyhow::anyhow!("the shipment of {order_id} does not come to rest")))
    }

    /// Asks the carrier, outside any transaction. The answer is the shipment as it will be, and the state to enter.
    async fn book(&self, mut shipment: Shipment) -> Result<(Shipment, State)> {
        let missing = || Failure::fault(anyhow::anyhow!("the shipment of {} has no address", shipment.order_id));
        let terms = shipment.terms.as_ref().ok_or_else(missing)?;
        let address = terms.address.clone().ok_or_else(missing)?;
        let weight_grams = shipment.weight_grams();
        let booking =
            Booking { reference: shipment.order_id.clone(), method: terms.method.clone(), address, weight_grams };
        let key = IdempotencyKey::of(&shipment.order_id, Step::Book);
        crash_at!("shipping:before-carrier-books");
        let booked = self.carrier.book(&key, &booking).await?;
        crash_at!("shipping:after-carrier-booked");
        match booked {
            Outcome::Booked(label) => {
                shipment.label = Some(label);
                Ok((shipment, State::Booked))
            }
            Outcome::Refused { message } => {
                shipment.refusal = Some(message);
                Ok((shipment, State::Refused))
            }
        }
    }

    async fn call_off(&self, shipment: Shipment) -> Result<(Shipment, State)> {
        let unlabelled = || Failure::fault(anyhow::anyhow!("the shipment of {} has no label", shipment.order_id));
        let label = shipment.label.as_ref().ok_or_else(unlabelled)?;
        let key = IdempotencyKey::of(&shipment.order_id, Step::Cancel);
        crash_at!("shipping:before-carrier-cancels");
        let cancelled = self.carrier.cancel(&key, &label.tracking_number).await?;
        crash_at!("shipping:after-carrier-cancelled");
        let state = match cancelled {
            Cancellation::Cancelled => State::Cancelled,
            Cancellation::Delivered => State::Delivered,
        };
        Ok((shipment, state))
    }

    /// Writes a move, its event, and the reply if that was all: in one transaction.
    async fn write(&self, command: Command, from: State, mut shipment: Shipment, to: State) -> Result<Written> {
        let now = self.store.clock.now();
        let passed = shipment.enter(to, now)?;
        shipment.next_look_at = to.is_live().then(|| now + self.track_every);
        let txn = self.store.db.begin().await?;
        if !self.store.move_shipment(&txn, from, &shipment).await? {
            txn.rollback().await?;
            return Ok(Written::Overtaken);
        }
        self.store.note_passed(&txn, &shipment, &passed).await?;
        let next = shipment.next(command);
        if let Next::Answer(reply) = &next {
            answer(&txn, &shipment.order_id, command, reply).await?;
        }
        crash_at!("shipping:before-commit");
        txn.commit().await?;
        crash_at!("shipping:after-commit");
        tracing::debug!(order.id = %shipment.order_id, shipment.state = to.as_str(), "a shipment moved");
        match next {
            Next::Answer(_) => Ok(Written::Answered),
            Next::Enter(_) | Next::Ask(_) => Ok(Written::Moved(Box::new(shipment))),
        }
    }
}

/// Replies, however often the command has come: the reply before may have been lost, and all have one id. That is why
/// no inbox is asked whether the command is new.
async fn answer(txn: &Txn, order_id: &OrderId, command: Command, reply: &Reply) -> Result<()> {
    txn.send(message::REPLIES, &message::reply(order_id, command, reply)?).await
}
