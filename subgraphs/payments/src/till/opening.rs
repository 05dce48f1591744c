//! How errands begin: with the payment that the order has, or with its first.

use kit::Result;
use vocab::OrderId;

use super::errand::{Answers, Errand};
use super::{MOST_ROUNDS, Till};
use crate::message::{Asked, Authorize};
use crate::payment::{Command, Decline, Next, Payment, Reply, Terms};
use crate::token::PaymentToken;

impl Till {
    /// Answers what can be answered at once, and gives the errands that are left.
    pub(super) async fn begin(&self, asked: Vec<Asked>) -> Result<Vec<Errand>> {
        let may_have_one = asked.iter().filter(|one| !matches!(one, Asked::Authorize(_))).map(Asked::order_id);
        let mut known = self.store.payments_of(may_have_one).await?;
        let (mut standing, mut new, mut unpaid) = (Vec::new(), Vec::new(), Vec::new());
        for one in asked {
            let (command, standing_payment) = (one.command(), known.remove(one.order_id()));
            match (one, standing_payment) {
                (_, Some(payment)) => standing.push(Errand { command, payment }),
                (Asked::Authorize(ask), None) => new.push(Errand { command, payment: self.first(ask) }),
                (Asked::Void(order_id), None) => {
                    let payment = Payment::barred(order_id, self.store.clock.now());
                    new.push(Errand { command, payment });
                }
                (Asked::Capture(order_id), None) => unpaid.push(order_id),
            }
        }
        self.refuse_to_capture(&unpaid).await?;
        standing.extend(self.open(new).await?);
        Ok(standing)
    }

    fn first(&self, ask: Authorize) -> Payment {
        let Authorize { order_id, owner, amount, payment_method_token } = ask;
        let token = PaymentToken::parse(&payment_method_token);
        let terms = Terms { owner, amount, token: token.as_ref().ok().cloned() };
        let payment = Payment::new(order_id, terms, self.store.clock.now());
        match token {
            Ok(_) => payment,
            Err(refused) => payment.declined(Decline::new(refused.reason(), refused.to_string())),
        }
    }

    async fn refuse_to_capture(&self, unpaid: &[OrderId]) -> Result<()> {
        let (mut answers, reply) = (Answers::default(), Reply::Declined(Decline::not_authorized()));
        for order_id in unpaid {
            answers.add(order_id, Command::Capture, &reply)?;
        }
        self.send(&answers).await
    }

    async fn send(&self, answers: &Answers) -> Result<()> {
        if answers.are_none() {
            return Ok(());
        }
        let txn = self.store.db.begin().await?;
        answers.send(&txn).await?;
        Ok(txn.commit().await?)
    }

    /// The first command of an order decides whether it has a payment or a bar. Gives what stands, without those that are
    /// final, which are answered.
    async fn open(&self, mut new: Vec<Errand>) -> Result<Vec<Errand>> {
        let mut standing = Vec::new();
        for _ in 0..MOST_ROUNDS {
            if new.is_empty() {
                break;
            }
            if let Some(opened) = self.try_to_open(&new).await? {
                let opened = new.into_iter().zip(opened).filter_map(|(errand, goes_on)| goes_on.then_some(errand));
                standing.extend(opened);
                return Ok(standing);
            }
            let mut known = self.store.payments_of(new.iter().map(|errand| &errand.payment.order_id)).await?;
            let mut unknown = Vec::new();
            for errand in new {
                match known.remove(&errand.payment.order_id) {
                    Some(payment) => {
                        errand.agree_with(&payment)?;
                        standing.push(Errand { payment, ..errand });
                    }
                    None => unknown.push(errand),
                }
            }
            new = unknown;
        }
        Ok(standing)
    }

    /// Says of each whether it goes on; the others are answered. None when one of the orders has a payment: then nothing
    /// is written.
    async fn try_to_open(&self, new: &[Errand]) -> Result<Option<Vec<bool>>> {
        let txn = self.store.db.begin().await?;
        if !self.store.open_payments(&txn, new.iter().map(|errand| &errand.payment)).await? {
            txn.rollback().await?;
            return Ok(None);
        }
        let (mut answers, mut goes_on) = (Answers::default(), Vec::new());
        for errand in new {
            let next = errand.next();
            if let Next::Answer(reply) = &next {
                answers.add(&errand.payment.order_id, errand.command, reply)?;
            }
            goes_on.push(!matches!(next, Next::Answer(_)));
        }
        answers.send(&txn).await?;
        txn.commit().await?;
        Ok(Some(goes_on))
    }
}
