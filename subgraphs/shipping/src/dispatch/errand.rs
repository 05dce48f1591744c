use kit::message::Message;
use kit::{Result, Txn};
use vocab::OrderId;

use crate::message;
use crate::shipment::{Command, Next, Reply, Shipment};

/// A command on the way to its answer, with the shipment as it was last seen.
pub(super) struct Errand {
    pub command: Command,
    pub shipment: Shipment,
}

impl Errand {
    pub fn next(&self) -> Next {
        self.shipment.next(self.command)
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

    pub async fn send(&self, txn: &Txn) -> Result<()> {
        txn.send_all(&self.0.iter().map(|reply| (message::REPLIES, reply)).collect::<Vec<_>>()).await
    }
}
