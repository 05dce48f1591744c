//! The reservation of an order: its states, and what each command does in each.

use chrono::{DateTime, Utc};
use kit::Failure;

use crate::stock::Shortage;

/// The state of a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing was decided yet.
    New,
    /// Its units are reserved.
    Held,
    /// There was too little of something.
    Refused,
    /// The units were released, or will never be reserved.
    Released,
    /// The reservation expired.
    Expired,
    /// Its units are sold.
    Settled,
    /// Its units were sold and are back on their shelves.
    Returned,
}

/// A command of orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Reserve,
    Release,
    Settle,
    Return,
}

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Reserve the units of the command, if they are free.
    Reserve,
    /// Reserve the units of the order once more, if they are free, and sell them.
    ReserveAndSell,
    /// Sell what is reserved.
    Sell,
    /// Release what is reserved.
    Release,
    /// Put what was sold back on its shelves.
    PutBack,
    /// Make sure that nothing is ever reserved, or reserved once more.
    Forbid,
    /// Nothing: only reply with the state.
    Answer,
}

/// The reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Reserved,
    Refused,
    Released,
    Settled,
    Returned,
}

impl State {
    const ALL: [Self; 7] =
        [Self::New, Self::Held, Self::Refused, Self::Released, Self::Expired, Self::Settled, Self::Returned];

    /// The states in which an order has no unit, and never had, or has given all of them back.
    pub const OVER: [Self; 4] = [Self::Refused, Self::Released, Self::Expired, Self::Returned];

    pub fn next(self, command: Command) -> Step {
        match (command, self) {
            (Command::Reserve, Self::New) => Step::Reserve,
            // An expired reservation has nothing left to release, and a late payment must not revive it.
            (Command::Release | Command::Return, Self::New | Self::Expired) => Step::Forbid,
            (Command::Release | Command::Return, Self::Held) => Step::Release,
            (Command::Settle, Self::Held) => Step::Sell,
            (Command::Settle, Self::Expired) => Step::ReserveAndSell,
            (Command::Return, Self::Settled) => Step::PutBack,
            _ => Step::Answer,
        }
    }

    /// How things stand, in answer to a command that has been carried out.
    pub fn answer(self, command: Command) -> Answer {
        match (command, self) {
            (Command::Reserve, Self::Held | Self::Settled) => Answer::Reserved,
            (Command::Release | Command::Settle, Self::Settled) => Answer::Settled,
            (Command::Release, _) => Answer::Released,
            (Command::Return, _) => Answer::Returned,
            (Command::Reserve | Command::Settle, _) => Answer::Refused,
        }
    }

    /// Whether no unit is promised any more, and none is sold.
    pub fn is_over(self) -> bool {
        Self::OVER.contains(&self)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Held => "HELD",
            Self::Refused => "REFUSED",
            Self::Released => "RELEASED",
            Self::Expired => "EXPIRED",
            Self::Settled => "SETTLED",
            Self::Returned => "RETURNED",
        }
    }

    pub fn stored(text: &str) -> Result<Self, Failure> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| Failure::fault(anyhow::anyhow!("`{text}` is no state of a reservation")))
    }
}

/// Why a promise was refused, when it is not that too little is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The buyer holds as much as one may already.
    HoldLimit,
}

impl Reason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HoldLimit => "hold_limit",
        }
    }

    pub fn stored(text: &str) -> Result<Self, Failure> {
        if text == Self::HoldLimit.as_str() {
            return Ok(Self::HoldLimit);
        }
        Err(Failure::fault(anyhow::anyhow!("`{text}` is no reason to refuse a reservation")))
    }
}

/// The reservation of one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    pub order: String,
    /// Whose order it is; None when something else came before the order's first word.
    pub owner: Option<String>,
    pub state: State,
    /// Of what too little could be had, when it was refused.
    pub shortages: Vec<Shortage>,
    /// Why it was refused; None for a plain shortage.
    pub reason: Option<Reason>,
    pub expires_at: Option<DateTime<Utc>>,
}

impl Reservation {
    /// Of an order that nobody has asked anything for.
    pub fn new(order: impl Into<String>) -> Self {
        let (state, shortages) = (State::New, Vec::new());
        Self { order: order.into(), owner: None, state, shortages, reason: None, expires_at: None }
    }

    /// Who holds its units. Nobody when its time is over, swept or not.
    pub fn held_by(&self, now: DateTime<Utc>) -> Option<&str> {
        let held = self.state == State::Held && self.expires_at.is_some_and(|end| end > now);
        self.owner.as_deref().filter(|_| held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMANDS: [Command; 4] = [Command::Reserve, Command::Release, Command::Settle, Command::Return];

    #[test]
    fn every_command_to_every_state_is_decided() {
        let steps = |state: State| COMMANDS.map(|command| state.next(command));
        let wait = Step::Answer;
        let table = [
            (State::New, [Step::Reserve, Step::Forbid, wait, Step::Forbid]),
            (State::Held, [wait, Step::Release, Step::Sell, Step::Release]),
            (State::Refused, [wait, wait, wait, wait]),
            (State::Released, [wait, wait, wait, wait]),
            (State::Expired, [wait, Step::Forbid, Step::ReserveAndSell, Step::Forbid]),
            (State::Settled, [wait, wait, wait, Step::PutBack]),
            (State::Returned, [wait, wait, wait, wait]),
        ];
        assert_eq!(table.map(|(state, _)| state), State::ALL);
        for (state, decided) in table {
            assert_eq!(steps(state), decided, "{state:?}");
        }
    }

    #[test]
    fn every_command_to_every_state_is_answered_with_how_things_stand() {
        use Answer::{Refused, Released, Reserved, Returned, Settled};
        let table = [
            (State::Held, [Reserved, Released, Refused, Returned]),
            (State::Refused, [Refused, Released, Refused, Returned]),
            (State::Released, [Refused, Released, Refused, Returned]),
            (State::Expired, [Refused, Released, Refused, Returned]),
            (State::Settled, [Reserved, Settled, Settled, Returned]),
            (State::Returned, [Refused, Released, Refused, Returned]),
        ];
        for (state, answers) in table {
            assert_eq!(COMMANDS.map(|command| state.answer(command)), answers, "{state:?}");
        }
    }

    #[test]
    fn what_ended_never_begins_again() {
        for state in [State::Refused, State::Released, State::Returned] {
            assert!(COMMANDS.iter().all(|&command| state.next(command) == Step::Answer), "{state:?}");
        }
    }

    #[test]
    fn what_is_sold_stays_sold_until_it_is_returned() {
        for command in [Command::Reserve, Command::Release, Command::Settle] {
            assert_eq!(State::Settled.next(command), Step::Answer);
        }
        assert_eq!(State::Settled.answer(Command::Release), Answer::Settled);
        assert_eq!(State::Settled.next(Command::Return), Step::PutBack);
    }

    #[test]
    fn a_state_is_read_as_it_was_written() {
        for state in State::ALL {
            assert_eq!(State::stored(state.as_str()).expect("a state"), state);
        }
        assert!(State::stored("LOST").is_err());
    }
}
