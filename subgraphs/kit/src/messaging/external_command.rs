//! Commands whose work lies in another network, followed to their answers, side by side: many cost our database no more
//! statements than one.
//!
//! The intention is a row first, then the other network is asked, then what came of it is a row. Each round does the one
//! thing that a thing's own table says ([`Aggregate::next`]). Nobody holds a lock while the other network thinks: moves are
//! written only if the things still are as they were, and whoever finds that one has moved meanwhile reads them reload.

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

/// More than any command takes, even if every round is lost to somebody else once.
const MOST_ROUNDS: usize = 12;

/// What a command makes of a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next<State, Step, Reply> {
    /// Write this intention.
    Enter(State),
    /// Carry out, or find out about, what is intended.
    Ask(Step),
    /// There is nothing left to do.
    Answer(Reply),
}

/// What a command makes of this kind of thing.
pub type NextOf<T> = Next<<T as Aggregate>::State, <T as Aggregate>::Step, <T as Aggregate>::Reply>;

/// A thing of ours that commands take from state to state, by way of another network.
pub trait Aggregate: Clone + Send + Sync {
    /// What tells it from others of its kind.
    type Key: Clone + Display + Eq + Hash + Send + Sync;
    type Command: Copy + Send + Sync;
    type State: Copy + Send + Sync;
    type Step: Copy + Send + Sync;
    type Reply: Send + Sync;

    fn key(&self) -> &Self::Key;
    fn state(&self) -> Self::State;
    fn next(&self, command: Self::Command) -> NextOf<Self>;
}

/// A command on the way to its answer, with the thing as it was last seen.
pub struct ExternalCommand<T: Aggregate> {
    pub command: T::Command,
    pub thing: T,
}

impl<T: Aggregate> ExternalCommand<T> {
    fn next(&self) -> NextOf<T> {
        self.thing.next(self.command)
    }

    /// What is said at its end; nothing while it goes on. However often a command has come it is answered: the reply
    /// before may have been lost, and all have one id. That is why no inbox is asked whether the command is new.
    fn answer<F: Driver<Aggregate = T>>(&self, follower: &F) -> Result<Option<Message>> {
        match self.next() {
            Next::Answer(reply) => follower.reply(self, &reply).map(Some),
            Next::Enter(_) | Next::Ask(_) => Ok(None),
        }
    }
}

/// An errand whose thing goes from one state to another.
pub struct Move<T: Aggregate> {
    pub errand: ExternalCommand<T>,
    pub from: T::State,
    pub to: T::State,
}

/// Whoever follows commands: what is theirs alone to know.
#[async_trait]
pub trait Driver: Sync {
    type Aggregate: Aggregate;
    /// What is written with moves beside the things themselves.
    type SideWrites: Send + Sync;
    /// How many may ask the other network at once.
    const AT_ONCE: usize;
    /// How long the other network has for an answer. Whoever takes longer is away, and is asked again later.
    const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
    /// Where answers go.
    const REPLIES: &'static str;

    fn db(&self) -> &Db;

    /// The things with these keys that there are.
    async fn known(&self, keys: &[&KeyOf<Self>]) -> Result<HashMap<KeyOf<Self>, Self::Aggregate>>;

    /// Asks the other network, outside any transaction, under a key that the step gives. The answer is the thing as it
    /// will be, and the state to enter.
    async fn ask(
        &self,
        thing: Self::Aggregate,
        step: <Self::Aggregate as Aggregate>::Step,
    ) -> Result<(Self::Aggregate, <Self::Aggregate as Aggregate>::State)>;

    /// Writes new things. False when one of them is there already.
    async fn insert(&self, txn: &Txn, things: &[&Self::Aggregate]) -> Result<bool>;

    /// Whether `known`, which stands where the errand would have opened another, will do for it.
    fn agree(&self, _errand: &ExternalCommand<Self::Aggregate>, _known: &Self::Aggregate) -> Result<()> {
        Ok(())
    }

    /// Takes things into their states, before anything is written.
    fn enter(&self, moves: &mut [Move<Self::Aggregate>]) -> Result<Self::SideWrites>;

    /// Writes moves and what goes beside them. False when somebody else has moved one of the things first.
    async fn write(&self, txn: &Txn, moves: &[Move<Self::Aggregate>], beside: Self::SideWrites) -> Result<bool>;

    /// Commits moves.
    async fn commit(&self, txn: Txn, moves: &[Move<Self::Aggregate>]) -> Result<()>;

    fn reply(
        &self,
        errand: &ExternalCommand<Self::Aggregate>,
        reply: &<Self::Aggregate as Aggregate>::Reply,
    ) -> Result<Message>;
}

/// What tells the things of this follower apart.
pub type KeyOf<F> = <<F as Driver>::Aggregate as Aggregate>::Key;

/// Follows errands of different things to their ends.
pub async fn drive<F: Driver>(follower: &F, mut errands: Vec<ExternalCommand<F::Aggregate>>) -> Result<()> {
    for _ in 0..MOST_ROUNDS {
        if errands.is_empty() {
            return Ok(());
        }
        errands = round::round(follower, errands).await?;
    }
    let keys: Vec<String> = errands.iter().map(|errand| errand.thing.key().to_string()).collect();
    Err(Failure::fault(anyhow::anyhow!("what was asked of {keys:?} does not come to rest")))
}

async fn send<F: Driver>(txn: &Txn, answers: &[Message]) -> Result<()> {
    txn.send_all(&answers.iter().map(|answer| (F::REPLIES, answer)).collect::<Vec<_>>()).await
}
