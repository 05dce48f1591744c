use kit::message::Message;
use kit::{Failure, Result};
use vocab::OrderId;

use crate::message;
use crate::payment::{Command, Next, Payment, Reply};

/// A command on the way to its answer, with the payment as it was last seen.
pub(super) struct Errand {
    pub command: Command,
    pub payment: Payment,
}

impl Errand {
    pub fn next(&self) -> Next {
        self.payment.next(self.command)
    }

    /// Whether `known`, which stands instead of this one's payment, is one on the same terms.
    pub fn agree_with(&self, known: &Payment) -> Result<()> {
        if let (Command::Authorize, Some(asked), Some(held)) = (self.command, &self.payment.terms, &known.terms)
            && (held.amount, &held.owner) != (asked.amount, &asked.owner)
        {
            let order_id = &known.order_id;
            return Err(Failure::fault(anyhow::anyhow!("{order_id} is to be paid on other terms than before")));
        }
        Ok(())
    }
}

/// What is said at the end of errands. However often a command has come it is answered: the reply before may have been
/// lost, and all have one id. That is why no inbox is asked whether the command is new.
#[derive(Default)]
pub(super) struct Answers(Vec<Message>);

impl Answers {
    pub fn add(&mut self, order_id: &OrderId, command: Command, reply: &Reply) -> Result<()> {
        self.0.push(message::reply(order_id, command, reply)?);
        Ok(())
    }

    pub fn are_none(&self) -> bool {
        self.0.is_empty()
    }

    pub async fn send(&self, txn: &kit::Txn) -> Result<()> {
        txn.send_all(&self.0.iter().map(|reply| (message::REPLIES, reply)).collect::<Vec<_>>()).await
    }
}
