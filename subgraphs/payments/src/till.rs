//! Follows commands: writes the intention, asks the gateway, writes what came of it.
//!
//! Each round does the one thing that [`Payment::next`] says. Nobody holds a lock while the gateway thinks: a move is
//! written only if the payment still is as it was, and whoever finds that it has moved meanwhile reads it afresh.

mod asking;

use std::sync::Arc;

use async_trait::async_trait;
use kit::message::{Consume, Message};
use kit::{Failure, Result, Txn, crash_at};
use vocab::OrderId;

use crate::Store;
use crate::gateway::Gateway;
use crate::message::{self, Asked, Authorize};
use crate::payment::{Command, Decline, Next, Payment, Reply, State, Terms};
use crate::token::PaymentToken;

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
            Asked::Authorize(ask) => self.authorize(ask).await,
            Asked::Capture(order_id) => self.capture(order_id).await,
            Asked::Void(order_id) => self.void(order_id).await,
        }
    }
}

/// What became of a move.
enum Written {
    /// That was all, and the command is answered.
    Answered,
    Moved(Box<Payment>),
    /// Somebody else moved the payment first.
    Overtaken,
}

impl Till {
    pub fn new(store: Store, gateway: Arc<dyn Gateway>) -> Self {
        Self { store, gateway }
    }

    async fn authorize(&self, ask: Authorize) -> Result<()> {
        let Authorize { order_id, owner, amount, payment_method_token } = ask;
        let token = PaymentToken::parse(&payment_method_token);
        let terms = Terms { owner, amount, token: token.as_ref().ok().cloned() };
        let mut payment = Payment::new(order_id.clone(), terms.clone(), self.store.clock.now());
        if let Err(refused) = token {
            payment = payment.declined(Decline::new(refused.reason(), refused.to_string()));
        }
        let Some(payment) = self.open(payment, Command::Authorize).await? else { return Ok(()) };
        if let Some(held) = &payment.terms
            && (held.amount, &held.owner) != (terms.amount, &terms.owner)
        {
            return Err(Failure::fault(anyhow::anyhow!("{order_id} is to be paid on other terms than before")));
        }
        self.follow(payment, Command::Authorize).await
    }

    async fn capture(&self, order_id: OrderId) -> Result<()> {
        if let Some(payment) = self.store.payment_of(&order_id).await? {
            return self.follow(payment, Command::Capture).await;
        }
        let txn = self.store.db.begin().await?;
        answer(&txn, &order_id, Command::Capture, &Reply::Declined(Decline::not_authorized())).await?;
        Ok(txn.commit().await?)
    }

    async fn void(&self, order_id: OrderId) -> Result<()> {
        let payment = match self.store.payment_of(&order_id).await? {
            Some(payment) => Some(payment),
            None => self.open(Payment::barred(order_id, self.store.clock.now()), Command::Void).await?,
        };
        match payment {
            Some(payment) => self.follow(payment, Command::Void).await,
            None => Ok(()),
        }
    }

    /// The first command of an order decides whether it has a payment or a bar. The answer is what stands; None when
    /// that is final, and the command answered with it.
    async fn open(&self, payment: Payment, command: Command) -> Result<Option<Payment>> {
        let txn = self.store.db.begin().await?;
        if !self.store.open_payment(&txn, &payment).await? {
            txn.rollback().await?;
            return self.known(&payment.order_id).await.map(Some);
        }
        let Next::Answer(reply) = payment.next(command) else {
            txn.commit().await?;
            return Ok(Some(payment));
        };
        answer(&txn, &payment.order_id, command, &reply).await?;
        txn.commit().await?;
        Ok(None)
    }

    async fn known(&self, order_id: &OrderId) -> Result<Payment> {
        let gone = || Failure::fault(anyhow::anyhow!("the payment of {order_id} is gone"));
        self.store.payment_of(order_id).await?.ok_or_else(gone)
    }

    async fn follow(&self, mut payment: Payment, command: Command) -> Result<()> {
        for _ in 0..MOST_ROUNDS {
            let from = payment.state;
            let moved = match payment.next(command) {
                Next::Answer(reply) => {
                    let txn = self.store.db.begin().await?;
                    answer(&txn, &payment.order_id, command, &reply).await?;
                    return Ok(txn.commit().await?);
                }
                Next::Enter(state) => (payment.clone(), state),
                Next::Ask(step) => self.ask(&payment, step).await?,
            };
            payment = match self.write(command, from, moved).await? {
                Written::Answered => return Ok(()),
                Written::Moved(payment) => *payment,
                Written::Overtaken => self.known(&payment.order_id).await?,
            };
        }
        Err(Failure::fault(anyhow::anyhow!("the payment of {} does not come to rest", payment.order_id)))
    }

    /// Writes a move, what it does to the books, and the reply if that was all: in one transaction.
    async fn write(&self, command: Command, from: State, to: (Payment, State)) -> Result<Written> {
        let (mut payment, state) = to;
        let posting = payment.enter(state)?;
        let txn = self.store.db.begin().await?;
        if !self.store.move_payment(&txn, from, &payment).await? {
            txn.rollback().await?;
            return Ok(Written::Overtaken);
        }
        if let (Some(posting), Some(terms)) = (posting, &payment.terms) {
            self.store.post(&txn, &payment.order_id, posting, terms.amount).await?;
        }
        let next = payment.next(command);
        if let Next::Answer(reply) = &next {
            answer(&txn, &payment.order_id, command, reply).await?;
        }
        crash_at!("payments:before-commit");
        txn.commit().await?;
        crash_at!("payments:after-commit");
        tracing::debug!(order.id = %payment.order_id, payment.state = state.as_str(), "a payment moved");
        match next {
            Next::Answer(_) => Ok(Written::Answered),
            Next::Enter(_) | Next::Ask(_) => Ok(Written::Moved(Box::new(payment))),
        }
    }
}

/// Replies, however often the command has come: the reply before may have been lost, and all have one id. That is why
/// no inbox is asked whether the command is new.
async fn answer(txn: &Txn, order_id: &OrderId, command: Command, reply: &Reply) -> Result<()> {
    txn.send(message::REPLIES, &message::reply(order_id, command, reply)?).await
}
