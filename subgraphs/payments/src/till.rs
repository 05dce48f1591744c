//! Follows commands: writes the intention, asks the gateway, writes what came of it.
//!
//! Each round reads the payment afresh and does the one thing that [`Payment::next`] says. Nobody holds a lock while the
//! gateway thinks; whoever finds that the payment has moved meanwhile starts his round again.

use std::sync::Arc;

use async_trait::async_trait;
use kit::message::{Consume, Message};
use kit::{Failure, Result, Txn};
use vocab::OrderId;

use crate::Store;
use crate::gateway::{Authorization, Gateway, IdempotencyKey, Outcome};
use crate::message::{self, Asked, Authorize};
use crate::payment::{Command, Decline, Next, Payment, Reply, State, Step, Terms};
use crate::token::PaymentToken;

const CONSUMER: &str = "payments";

/// More than any command takes, even if every round is lost to somebody else once.
const MOST_ROUNDS: usize = 12;

pub struct Till {
    store: Store,
    gateway: Arc<dyn Gateway>,
}

#[async_trait]
impl Consume for Till {
    async fn consume(&self, message: &Message) -> Result<()> {
        match Asked::read(message)? {
            Asked::Authorize(ask) => self.authorize(message, ask).await,
            Asked::Capture(order_id) => self.follow(message, &order_id, Command::Capture).await,
            Asked::Void(order_id) => self.void(message, order_id).await,
        }
    }
}

impl Till {
    pub fn new(store: Store, gateway: Arc<dyn Gateway>) -> Self {
        Self { store, gateway }
    }

    async fn authorize(&self, message: &Message, ask: Authorize) -> Result<()> {
        let Authorize { order_id, owner, amount, payment_method_token } = ask;
        let token = PaymentToken::parse(&payment_method_token);
        let terms = Terms { owner, amount, token: token.as_ref().ok().cloned() };
        let mut payment = Payment::new(order_id.clone(), terms.clone(), self.store.clock.now());
        if let Err(refused) = token {
            payment = payment.declined(Decline::new(refused.reason(), refused.to_string()));
        }
        self.open(&payment).await?;
        if let Some(held) = self.store.payment_of(&order_id).await?.and_then(|payment| payment.terms)
            && (held.amount, &held.owner) != (terms.amount, &terms.owner)
        {
            return Err(Failure::fault(anyhow::anyhow!("{order_id} is to be paid on other terms than before")));
        }
        self.follow(message, &order_id, Command::Authorize).await
    }

    async fn void(&self, message: &Message, order_id: OrderId) -> Result<()> {
        self.open(&Payment::barred(order_id.clone(), self.store.clock.now())).await?;
        self.follow(message, &order_id, Command::Void).await
    }

    /// The first command of an order decides whether it has a payment or a bar.
    async fn open(&self, payment: &Payment) -> Result<()> {
        let txn = self.store.db.begin().await?;
        self.store.open_payment(&txn, payment).await?;
        Ok(txn.commit().await?)
    }

    async fn follow(&self, message: &Message, order_id: &OrderId, command: Command) -> Result<()> {
        for _ in 0..MOST_ROUNDS {
            let Some(payment) = self.store.payment_of(order_id).await? else {
                let txn = self.store.db.begin().await?;
                self.answer(&txn, message, order_id, command, &Reply::Declined(Decline::not_authorized())).await?;
                return Ok(txn.commit().await?);
            };
            let moved = match payment.next(command) {
                Next::Answer(reply) => {
                    let txn = self.store.db.begin().await?;
                    self.answer(&txn, message, order_id, command, &reply).await?;
                    return Ok(txn.commit().await?);
                }
                Next::Enter(state) => (payment.clone(), state),
                Next::Ask(step) => self.ask(&payment, step).await?,
            };
            if self.write(message, command, payment.state, moved).await? {
                return Ok(());
            }
        }
        Err(Failure::fault(anyhow::anyhow!("the payment of {order_id} does not come to rest")))
    }

    /// Asks the gateway, outside any transaction. The answer is the payment as it will be, and the state to enter.
    async fn ask(&self, payment: &Payment, step: Step) -> Result<(Payment, State)> {
        let mut payment = payment.clone();
        let key = IdempotencyKey::of(&payment.order_id, step);
        let missing = |what: &str| Failure::fault(anyhow::anyhow!("the payment of {} has no {what}", payment.order_id));
        let terms = payment.terms.clone().ok_or_else(|| missing("terms"))?;
        let charge = payment.charge.as_ref().map(|charge| charge.reference.clone());
        if step == Step::Authorize {
            let token = terms.token.ok_or_else(|| missing("token"))?;
            let ask = Authorization { reference: payment.order_id.clone(), amount: terms.amount, token };
            let state = match self.gateway.authorize(&key, &ask).await? {
                Outcome::Approved(charge) => {
                    payment.charge = Some(charge);
                    State::Authorized
                }
                Outcome::Declined(decline) => {
                    payment.decline = Some(decline);
                    State::Declined
                }
            };
            return Ok((payment, state));
        }
        let charge = charge.ok_or_else(|| missing("charge"))?;
        let state = match step {
            Step::Capture => match self.gateway.capture(&key, &charge, terms.amount).await? {
                Outcome::Approved(()) => State::Captured,
                Outcome::Declined(decline) => {
                    payment.decline = Some(decline);
                    State::Declined
                }
            },
            Step::Refund => {
                self.gateway.refund(&key, &charge, terms.amount).await?;
                State::Refunded
            }
            Step::Void | Step::Authorize => {
                self.gateway.void(&key, &charge).await?;
                State::Voided
            }
        };
        Ok((payment, state))
    }

    /// Writes a move, what it does to the books, and the reply if that was all: in one transaction. True when replied.
    async fn write(&self, message: &Message, command: Command, from: State, to: (Payment, State)) -> Result<bool> {
        let (mut payment, state) = to;
        let posting = payment.enter(state)?;
        let txn = self.store.db.begin().await?;
        if !self.store.move_payment(&txn, from, &payment).await? {
            txn.rollback().await?;
            return Ok(false);
        }
        if let (Some(posting), Some(terms)) = (posting, &payment.terms) {
            self.store.post(&txn, &payment.order_id, posting, terms.amount).await?;
        }
        let replied = match payment.next(command) {
            Next::Answer(reply) => {
                self.answer(&txn, message, &payment.order_id, command, &reply).await?;
                true
            }
            Next::Enter(_) | Next::Ask(_) => false,
        };
        txn.commit().await?;
        tracing::info!(order.id = %payment.order_id, payment.state = state.as_str(), "a payment moved");
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
