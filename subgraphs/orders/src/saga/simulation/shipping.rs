//! Shipping, and the carrier behind it. A confirmed order's parcel is fetched and brought some day.

use rand::Rng;
use rand::rngs::SmallRng;

use super::network::Due;
use crate::saga::{Reply, Step};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unknown,
    Booking,
    Booked,
    Refused,
    Dispatched,
    Delivered,
    Cancelled,
    Returning,
    Returned,
}

pub struct Shipping {
    state: State,
    /// In the carrier's books.
    pub booked: u32,
    pub cancelled: u32,
    pub confirmed: bool,
    /// Whether what the carrier has is looked up where that is in doubt.
    pub looks_up: bool,
    /// Whether it says of a parcel that comes back that it never left, as none should.
    pub conceals: bool,
    carrier: Option<bool>,
    refuses: f64,
    loses: f64,
}

impl Shipping {
    pub fn new(refuses: f64, loses: f64) -> Self {
        Self {
            state: State::Unknown,
            booked: 0,
            cancelled: 0,
            confirmed: false,
            looks_up: true,
            conceals: false,
            carrier: None,
            refuses,
            loses,
        }
    }

    /// None when the carrier's answer was lost.
    pub fn follow(&mut self, command: Step, rng: &mut SmallRng) -> Option<Reply> {
        loop {
            match (self.state, command) {
                (State::Unknown, Step::CreateShipment) => self.state = State::Booking,
                (State::Unknown, _) => self.state = State::Cancelled,
                (State::Booking, _) => {
                    self.state = if self.book(rng)? { State::Booked } else { State::Refused };
                }
                (_, Step::CreateShipment) if self.booked > 0 => return Some(Reply::ShipmentCreated),
                (_, Step::CreateShipment) => return Some(Reply::ShipmentRefused { message: String::new() }),
                (State::Booked, _) => {
                    self.state = State::Cancelled;
                    self.cancelled += 1;
                }
                (State::Dispatched, _) => {
                    self.state = State::Returning;
                    self.cancelled += 1;
                }
                (State::Returning | State::Returned, _) if !self.conceals => return Some(Reply::ShipmentRecalled),
                (State::Returning | State::Returned, _) => return Some(Reply::ShipmentCancelled),
                (State::Delivered, _) => {
                    return Some(Reply::ShipmentCancelRefused { message: "It has arrived.".into() });
                }
                (State::Cancelled | State::Refused, _) => return Some(Reply::ShipmentCancelled),
            }
        }
    }

    /// The carrier goes on with the parcel, and says where it is. It does not always hear that one is to come back.
    pub fn carry(&mut self, rng: &mut SmallRng) -> Option<Due> {
        match self.state {
            State::Booked => {
                self.state = State::Dispatched;
                Some(Due::Dispatched)
            }
            State::Dispatched => {
                self.state = State::Delivered;
                Some(Due::Delivered)
            }
            State::Returning if rng.random_bool(0.1) => {
                self.state = State::Delivered;
                self.cancelled -= 1;
                Some(Due::Delivered)
            }
            State::Returning => {
                self.state = State::Returned;
                Some(Due::Returned)
            }
            _ => None,
        }
    }

    fn book(&mut self, rng: &mut SmallRng) -> Option<bool> {
        let booked = match self.carrier {
            Some(booked) => booked,
            None if self.looks_up && self.booked > 0 => true,
            None => {
                let booked = !rng.random_bool(self.refuses);
                self.booked += u32::from(booked);
                self.carrier = Some(booked);
                booked
            }
        };
        (!rng.random_bool(self.loses)).then_some(booked)
    }

    /// A booking that comes again is a new one from now on.
    pub fn forget_keys(&mut self) {
        self.carrier = None;
    }

    pub fn delivered(&self) -> bool {
        self.state == State::Delivered
    }

    /// Whether the parcel is not at the shop.
    pub fn away(&self) -> bool {
        matches!(self.state, State::Dispatched | State::Delivered | State::Returning)
    }

    pub fn has_returned(&self) -> bool {
        self.state == State::Returned
    }
}
