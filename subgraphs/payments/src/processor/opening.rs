//! How commands start: with the payment that the order has, or with a new one.

use contracts::payments::AuthorizePayment;
use kit::Result;
use kit::messaging::external_command::{self, ExternalCommand};
use vocab::OrderId;

use super::PaymentProcessor;
use crate::message::{self, Asked};
use crate::payment::{Command, Decline, Payment, Reply, Terms};
use crate::token::PaymentToken;

impl PaymentProcessor {
    /// Answers what can be answered at once, and returns the commands that are left.
    pub(super) async fn begin(&self, asked: Vec<Asked>) -> Result<Vec<ExternalCommand<Payment>>> {
        let may_have_one = asked.iter().filter(|one| !matches!(one, Asked::Authorize(_))).map(Asked::order_id);
        let mut known = self.store.payments_of(may_have_one).await?;
        let (mut existing, mut new, mut unpaid) = (Vec::new(), Vec::new(), Vec::new());
        for one in asked {
            let (command, existing_payment) = (one.command(), known.remove(one.order_id()));
            match (one, existing_payment) {
                (_, Some(payment)) => existing.push(ExternalCommand { command, aggregate: payment }),
                (Asked::Authorize(ask), None) => new.push(ExternalCommand { command, aggregate: self.first(ask) }),
                (Asked::Void(order_id), None) => {
                    let payment = Payment::barred(order_id, self.store.clock.now());
                    new.push(ExternalCommand { command, aggregate: payment });
                }
                (Asked::Capture(order_id), None) => unpaid.push(order_id),
            }
        }
        self.refuse_to_capture(&unpaid).await?;
        existing.extend(external_command::open(self, new).await?);
        Ok(existing)
    }

    fn first(&self, ask: AuthorizePayment) -> Payment {
        let AuthorizePayment { order_id, owner, amount, payment_method_token } = ask;
        let token = PaymentToken::parse(&payment_method_token);
        let terms = Terms { owner, amount, token: token.as_ref().ok().cloned() };
        let payment = Payment::new(order_id, terms, self.store.clock.now());
        match token {
            Ok(_) => payment,
            Err(refused) => payment.declined(Decline::new(refused.reason(), refused.to_string())),
        }
    }

    async fn refuse_to_capture(&self, unpaid: &[OrderId]) -> Result<()> {
        if unpaid.is_empty() {
            return Ok(());
        }
        let refused = Reply::Declined(Decline::not_authorized());
        let answers = unpaid.iter().map(|order_id| message::reply(order_id, Command::Capture, &refused));
        let answers = answers.collect::<Result<Vec<_>>>()?;
        let txn = self.store.db.begin().await?;
        txn.send_all(&answers.iter().map(|answer| (message::REPLIES, answer)).collect::<Vec<_>>()).await?;
        Ok(txn.commit().await?)
    }
}
