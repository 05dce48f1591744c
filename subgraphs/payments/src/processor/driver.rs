//! How the driver of external commands loads, calls and writes payments.

use std::collections::HashMap;

use async_trait::async_trait;
use kit::messaging::Message;
use kit::messaging::external_command::{Driver, ExternalCommand, Move};
use kit::{Db, Failure, Result, Txn, crash_at};
use vocab::OrderId;

use super::PaymentProcessor;
use crate::ledger::Posted;
use crate::payment::{Command, Payment, Reply, State, Step};
use crate::{CONCURRENCY, message};

#[async_trait]
impl Driver for PaymentProcessor {
    type Aggregate = Payment;
    type SideWrites = Vec<Posted>;
    const AT_ONCE: usize = CONCURRENCY;
    const REPLIES: &'static str = message::REPLIES;

    fn db(&self) -> &Db {
        &self.store.db
    }

    async fn known(&self, orders: &[&OrderId]) -> Result<HashMap<OrderId, Payment>> {
        self.store.payments_of(orders.iter().copied()).await
    }

    async fn ask(&self, payment: Payment, step: Step) -> Result<(Payment, State)> {
        self.ask_gateway(payment, step).await
    }

    async fn insert(&self, txn: &Txn, payments: &[&Payment]) -> Result<bool> {
        self.store.open_payments(txn, payments.iter().copied()).await
    }

    /// An authorization of the same amount fits, whoever owns the order by now.
    fn agree(&self, external: &ExternalCommand<Payment>, known: &Payment) -> Result<()> {
        if let (Command::Authorize, Some(asked), Some(held)) =
            (external.command, &external.aggregate.terms, &known.terms)
            && held.amount != asked.amount
        {
            let order_id = &known.order_id;
            return Err(Failure::fault(anyhow::anyhow!("{order_id} is to be paid on other terms than before")));
        }
        Ok(())
    }

    fn enter(&self, moves: &mut [Move<Payment>]) -> Result<Vec<Posted>> {
        let mut posted = Vec::new();
        for Move { external: ExternalCommand { aggregate: payment, .. }, to, .. } in moves {
            if let (Some(posting), Some(terms)) = (payment.enter(*to)?, &payment.terms) {
                posted.push(Posted { order_id: payment.order_id.clone(), posting, amount: terms.amount });
            }
        }
        Ok(posted)
    }

    async fn write(&self, txn: &Txn, moves: &[Move<Payment>], posted: Vec<Posted>) -> Result<bool> {
        let moved: Vec<(State, &Payment)> = moves.iter().map(|one| (one.from, &one.external.aggregate)).collect();
        if !self.store.move_payments(txn, &moved).await? {
            return Ok(false);
        }
        self.store.post(txn, &posted).await?;
        Ok(true)
    }

    async fn commit(&self, txn: Txn, moves: &[Move<Payment>]) -> Result<()> {
        crash_at!("payments:before-commit");
        txn.commit().await?;
        crash_at!("payments:after-commit");
        for payment in moves.iter().map(|one| &one.external.aggregate) {
            tracing::debug!(order.id = %payment.order_id, payment.state = payment.state.as_str(), "a payment moved");
        }
        Ok(())
    }

    fn reply(&self, external: &ExternalCommand<Payment>, reply: &Reply) -> Result<Message> {
        message::reply(&external.aggregate.order_id, external.command, reply)
    }
}
