use crate::reservation::{Reason, Reservation, State};
use crate::stock::{Share, Shortage};

/// An order's reservation with its shares, and what of it is to be written.
pub struct LoadedReservation {
    pub reservation: Reservation,
    /// What is promised to the order, or was.
    pub shares: Vec<Share>,
    pub changed: bool,
    /// Whether the shares were allocated now.
    pub allocated: bool,
    /// Whether there were others before.
    pub replaced: bool,
}

impl LoadedReservation {
    pub fn new(reservation: Reservation, shares: Vec<Share>) -> Self {
        Self { reservation, shares, changed: false, allocated: false, replaced: false }
    }

    pub fn order(&self) -> &str {
        &self.reservation.order
    }

    pub(super) fn enter(&mut self, state: State) {
        self.reservation.state = state;
        self.changed = true;
    }

    pub(super) fn refuse(&mut self, shortages: Vec<Shortage>, reason: Option<Reason>) {
        self.reservation.shortages = shortages;
        self.reservation.reason = reason;
        self.enter(State::Refused);
    }

    /// Gives the order these shares, and takes those that it had.
    pub(super) fn reallocate(&mut self, shares: Vec<Share>) -> Vec<Share> {
        self.allocated = true;
        self.replaced |= !self.shares.is_empty();
        std::mem::replace(&mut self.shares, shares)
    }
}
