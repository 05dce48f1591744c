//! Follows commands: writes the intention, asks the carrier, writes what came of it.
//!
//! Each round reads the shipment afresh and does the one thing that [`Shipment::next`] says. Nobody holds a lock while
//! the carrier thinks; whoever finds that the shipment has moved meanwhile starts his round again.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use kit::message::{Consume, Message};
use kit::{Failure, Result, Txn};
use vocab::OrderId;

use crate::Store;
use crate::carrier::{Booking, Carrier, IdempotencyKey, Outcome};
use crate::message::{self, Asked, Create};
use crate::rate;
use crate::shipment::{Command, Next, Reply, Shipment, State, Step, Terms};

const CONSUMER: &str = "shipping";

/// More than any command takes, even if every round is lost to somebody else once.
const MOST_ROUNDS: usize = 12;

const NO_RATE: &str = "We do not deliver an order of this weight there by this method.";

pub struct Dispatch {
    store: Store,
    carrier: Arc<dyn Carrier>,
}

#[async_trait]
impl Consume for Dispatch {
    async fn consume(&self, message: &Message) -> Result<()> {
        match Asked::read(message)? {
            Asked::Create(ask) => self.create(message, *ask).await,
            Asked::Cancel(order_id) => self.cancel(message, order_id).await,
        }
    }
}

impl Dispatch {
    pub fn new(store: Store, carrier: Arc<dyn Carrier>) -> Self {
        Self { store, carrier }
    }

    async fn create(&self, message: &Message, ask: Create) -> Result<()> {
        let Create { order_id, owner, method, address, lines } = ask;
        let country = address.country().to_owned();
        let terms = Terms { owner, method, country, address: Some(address.into()) };
        let brackets = self.store.brackets(&terms.country, &terms.method).await?;
        let mut shipment = Shipment::new(order_id.clone(), terms, lines, self.store.clock.now());
        match rate::bracket(&brackets, shipment.weight_grams()) {
            Some(rate) => {
                shipment.estimated_delivery = Some(shipment.created_at + TimeDelta::days(i64::from(rate.max_days)));
            }
            None => shipment = shipment.refused(NO_RATE),
        }
        self.open(&shipment).await?;
        self.follow(message, &order_id, Command::Create).await
    }

    async fn cancel(&self, message: &Message, order_id: OrderId) -> Result<()> {
        self.open(&Shipment::barred(order_id.clone(), self.store.clock.now())).await?;
        self.follow(message, &order_id, Command::Cancel).await
    }

    /// The first command of an order decides whether it has a shipment or a bar.
    async fn open(&self, shipment: &Shipment) -> Result<()> {
        let txn = self.store.db.begin().await?;
        self.store.open_shipment(&txn, shipment).await?;
        Ok(txn.commit().await?)
    }

    async fn follow(&self, message: &Message, order_id: &OrderId, command: Command) -> Result<()> {
        let gone = || Failure::fault(anyhow::anyhow!("the shipment of {order_id} is gone"));
        for _ in 0..MOST_ROUNDS {
            let shipment = self.store.shipment_of(order_id).await?.ok_or_else(gone)?;
            let from = shipment.state;
            let (moved, to) = match shipment.next(command) {
                Next::Answer(reply) => {
                    let txn = self.store.db.begin().await?;
                    self.answer(&txn, message, order_id, command, &reply).await?;
                    return Ok(txn.commit().await?);
                }
                Next::Enter(state) => (shipment, state),
                Next::Ask(Step::Book) => self.book(shipment).await?,
                Next::Ask(Step::Cancel) => self.call_off(shipment).await?,
            };
            if self.write(message, command, from, moved, to).await? {
                return Ok(());
            }
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
        match self.carrier.book(&key, &booking).await? {
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
        self.carrier.cancel(&key, &label.tracking_number).await?;
        Ok((shipment, State::Cancelled))
    }

    /// Writes a move, its event, and the reply if that was all: in one transaction. True when replied.
    async fn write(
        &self,
        message: &Message,
        command: Command,
        from: State,
        mut shipment: Shipment,
        to: State,
    ) -> Result<bool> {
        shipment.enter(to)?;
        let txn = self.store.db.begin().await?;
        if !self.store.move_shipment(&txn, from, &shipment).await? {
            txn.rollback().await?;
            return Ok(false);
        }
        if let Some(text) = event_text(to) {
            self.store.note_event(&txn, &shipment.id, to, text).await?;
        }
        let replied = match shipment.next(command) {
            Next::Answer(reply) => {
                self.answer(&txn, message, &shipment.order_id, command, &reply).await?;
                true
            }
            Next::Enter(_) | Next::Ask(_) => false,
        };
        txn.commit().await?;
        tracing::info!(order.id = %shipment.order_id, shipment.state = to.as_str(), "a shipment moved");
        Ok(replied)
    }

    /// Replies, however often the command has come: the reply before may have been lost, and all have one id.
    async fn answer(
        &self,
        txn: &Txn,
        message: &Message,
        order_id: &OrderId,
        command: Command,
        reply: &Reply,
    ) -> Result<()> {
        txn.first_delivery(CONSUMER, message).await?;
        txn.send(message::REPLIES, &message::reply(order_id, command, reply)?).await
    }
}

/// What a shopper reads of a move.
fn event_text(state: State) -> Option<&'static str> {
    match state {
        State::Booked => Some("The carrier has been told to expect the parcel."),
        State::Cancelled => Some("The shipment was cancelled."),
        State::Booking | State::Refused | State::Cancelling => None,
    }
}
