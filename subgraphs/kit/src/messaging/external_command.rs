//! Commands whose work lies in another company's network.
//!
//! A command moves an aggregate from state to state. The intention is written first, then the other network is asked
//! outside any transaction, then its answer is written. Each round does the one thing that the aggregate's own table
//! ([`Aggregate::next`]) says. No lock is held while the other network works: a move is written only if the aggregate is
//! still in the state that it was read in; otherwise the aggregate is reloaded and the round is repeated. Commands that
//! wait together are driven together, so that many cost no more statements than one.

mod opening;
mod round;

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;
use std::time::Duration;

use async_trait::async_trait;

pub use self::opening::open;
use crate::messaging::Message;
use crate::{Db, Failure, Result, Txn};

/// More rounds than any command takes, even if each is lost once to another process.
const MOST_ROUNDS: usize = 12;

/// What a command does next with an aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next<State, Step, Reply> {
    /// Write this intention.
    Enter(State),
    /// Carry out, or find out about, what is intended.
    Ask(Step),
    /// There is nothing left to do.
    Answer(Reply),
}

/// What a command does next with this kind of aggregate.
pub type NextOf<T> = Next<<T as Aggregate>::State, <T as Aggregate>::Step, <T as Aggregate>::Reply>;

/// A thing with a state that external commands change.
pub trait Aggregate: Clone + Send + Sync {
    /// Identifies it among others of its kind.
    type Key: Clone + Display + Eq + Hash + Send + Sync;
    type Command: Copy + Send + Sync;
    type State: Copy + Send + Sync;
    type Step: Copy + Send + Sync;
    type Reply: Send + Sync;

    fn key(&self) -> &Self::Key;
    fn state(&self) -> Self::State;
    fn next(&self, command: Self::Command) -> NextOf<Self>;
}

/// A command that is not answered yet, with the aggregate as it was last read.
pub struct ExternalCommand<T: Aggregate> {
    pub command: T::Command,
    pub aggregate: T,
}

impl<T: Aggregate> ExternalCommand<T> {
    fn next(&self) -> NextOf<T> {
        self.aggregate.next(self.command)
    }

    /// The reply, once there is nothing left to do. A command that comes again is answered again under the same id, since the
    /// first reply may have been lost; so no inbox is needed to tell whether it is new.
    fn answer<F: Driver<Aggregate = T>>(&self, driver: &F) -> Result<Option<Message>> {
        match self.next() {
            Next::Answer(reply) => driver.reply(self, &reply).map(Some),
            Next::Enter(_) | Next::Ask(_) => Ok(None),
        }
    }
}

/// A change of an aggregate from one state to another.
pub struct Move<T: Aggregate> {
    pub external: ExternalCommand<T>,
    pub from: T::State,
    pub to: T::State,
}

/// What a subgraph provides to have its external commands driven.
#[async_trait]
pub trait Driver: Sync {
    type Aggregate: Aggregate;
    /// What is written together with moves, beside the aggregates: entries in a book, events.
    type SideWrites: Send + Sync;
    /// How many calls to the other network may be under way at once.
    const AT_ONCE: usize;
    /// How long a call to the other network may take. One that takes longer fails as transient, and is repeated later.
    const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
    /// The stream for replies.
    const REPLIES: &'static str;

    fn db(&self) -> &Db;

    /// Loads the aggregates with these keys; those that do not exist are left out.
    async fn known(&self, keys: &[&KeyOf<Self>]) -> Result<HashMap<KeyOf<Self>, Self::Aggregate>>;

    /// Calls the other network, outside any transaction, under an idempotency key made of aggregate and step. Returns the
    /// aggregate as it will be, and the state to enter.
    async fn ask(
        &self,
        aggregate: Self::Aggregate,
        step: <Self::Aggregate as Aggregate>::Step,
    ) -> Result<(Self::Aggregate, <Self::Aggregate as Aggregate>::State)>;

    /// Writes new aggregates. False when one of them exists already.
    async fn insert(&self, txn: &Txn, aggregates: &[&Self::Aggregate]) -> Result<bool>;

    /// Whether an aggregate that exists already fits a command that would have created it.
    fn agree(&self, _external: &ExternalCommand<Self::Aggregate>, _known: &Self::Aggregate) -> Result<()> {
        Ok(())
    }

    /// Changes the state of aggregates in memory, before anything is written.
    fn enter(&self, moves: &mut [Move<Self::Aggregate>]) -> Result<Self::SideWrites>;

    /// Writes moves and side writes. False when another process has moved one of the aggregates first.
    async fn write(&self, txn: &Txn, moves: &[Move<Self::Aggregate>], beside: Self::SideWrites) -> Result<bool>;

    /// Commits moves.
    async fn commit(&self, txn: Txn, moves: &[Move<Self::Aggregate>]) -> Result<()>;

    fn reply(
        &self,
        external: &ExternalCommand<Self::Aggregate>,
        reply: &<Self::Aggregate as Aggregate>::Reply,
    ) -> Result<Message>;
}

/// The key of a driver's aggregates.
pub type KeyOf<F> = <<F as Driver>::Aggregate as Aggregate>::Key;

/// Drives commands on different aggregates until each is answered.
pub async fn drive<F: Driver>(driver: &F, mut commands: Vec<ExternalCommand<F::Aggregate>>) -> Result<()> {
    for _ in 0..MOST_ROUNDS {
        if commands.is_empty() {
            return Ok(());
        }
        commands = round::round(driver, commands).await?;
    }
    let keys: Vec<String> = commands.iter().map(|external| external.aggregate.key().to_string()).collect();
    Err(Failure::fault(anyhow::anyhow!("the commands on {keys:?} do not come to an end")))
}

async fn send<F: Driver>(txn: &Txn, answers: &[Message]) -> Result<()> {
    txn.send_all(&answers.iter().map(|answer| (F::REPLIES, answer)).collect::<Vec<_>>()).await
}
