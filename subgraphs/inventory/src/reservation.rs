//! What is promised to an order, and how the promise ends.

use kit::Failure;

use crate::stock::Shortage;

/// How the stock of one order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing was decided yet.
    New,
    /// Its units are promised.
    Held,
    /// There was too little of something.
    Refused,
    /// The promise was taken back, or will never be made.
    Released,
    /// The promise ran out.
    Expired,
    /// Its units are sold.
    Settled,
}

/// What an order asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Reserve,
    Release,
    Settle,
}

/// What has to be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Promise the units of the command, if they are free.
    Promise,
    /// Promise the units of the order once more, if they are free, and sell them.
    PromiseAndSell,
    /// Sell what is promised.
    Sell,
    /// Take the promise back.
    TakeBack,
    /// See to it that no promise is ever made.
    Forbid,
    /// Nothing: only say how things stand.
    Answer,
}

/// What is said of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Reserved,
    Refused,
    Released,
    Settled,
}

impl State {
    pub fn next(self, command: Command) -> Step {
        match (command, self) {
            (Command::Reserve, Self::New) => Step::Promise,
            (Command::Release, Self::New) => Step::Forbid,
            (Command::Release, Self::Held) => Step::TakeBack,
            (Command::Settle, Self::Held) => Step::Sell,
            (Command::Settle, Self::Expired) => Step::PromiseAndSell,
            _ => Step::Answer,
        }
    }

    /// How things stand, in answer to a command that has been carried out.
    pub fn answer(self, command: Command) -> Answer {
        match (command, self) {
            (Command::Reserve, Self::Held | Self::Settled) => Answer::Reserved,
            (Command::Release | Command::Settle, Self::Settled) => Answer::Settled,
            (Command::Release, _) => Answer::Released,
            (Command::Reserve | Command::Settle, _) => Answer::Refused,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Held => "HELD",
            Self::Refused => "REFUSED",
            Self::Released => "RELEASED",
            Self::Expired => "EXPIRED",
            Self::Settled => "SETTLED",
        }
    }

    pub fn stored(text: &str) -> Result<Self, Failure> {
        let all = [Self::New, Self::Held, Self::Refused, Self::Released, Self::Expired, Self::Settled];
        let found = all.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| Failure::fault(anyhow::anyhow!("`{text}` is no state of a reservation")))
    }
}

/// The reservation of one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    pub order: String,
    pub state: State,
    /// Why it was refused.
    pub shortages: Vec<Shortage>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_that_comes_first_wins() {
        assert_eq!(State::New.next(Command::Release), Step::Forbid);
        assert_eq!(State::Released.next(Command::Reserve), Step::Answer);
        assert_eq!(State::Released.answer(Command::Reserve), Answer::Refused);
    }

    #[test]
    fn what_is_sold_stays_sold() {
        for command in [Command::Reserve, Command::Release, Command::Settle] {
            assert_eq!(State::Settled.next(command), Step::Answer);
        }
        assert_eq!(State::Settled.answer(Command::Release), Answer::Settled);
    }

    #[test]
    fn a_command_that_comes_again_changes_nothing() {
        let settled_states = [
            (State::Held, Command::Reserve),
            (State::Refused, Command::Reserve),
            (State::Released, Command::Release),
            (State::Settled, Command::Settle),
        ];
        for (state, command) in settled_states {
            assert_eq!(state.next(command), Step::Answer, "{state:?} {command:?}");
        }
    }
}
