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
}

pub struct Shipping {
    state: State,
    /// In the carrier's books.
    pub booked: u32,
    pub cancelled: u32,
    pub confirmed: bool,
    /// Whether the carrier takes a booking that comes again for a new one, as none should.
    pub forgets: bool,
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
            forgets: false,
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
                (State::Booked | State::Dispatched, _) => {
                    self.state = State::Cancelled;
                    self.cancelled += 1;
                }
                (State::Delivered, _) => {
                    return Some(Reply::ShipmentCancelRefused { message: "It has arrived.".into() });
                }
                (State::Cancelled | State::Refused, _) => return Some(Reply::ShipmentCancelled),
            }
        }
    }

    /// The carrier goes on with the parcel, and says where it is.
    pub fn carry(&mut self) -> Option<Due> {
        match self.state {
            State::Booked => {
                self.state = State::Dispatched;
                Some(Due::Dispatched)
            }
            State::Dispatched => {
                self.state = State::Delivered;
                Some(Due::Delivered)
            }
            _ => None,
        }
    }

    fn book(&mut self, rng: &mut SmallRng) -> Option<bool> {
        let booked = match self.carrier.filter(|_| !self.forgets) {
            Some(booked) => booked,
            None => {
                let booked = !rng.random_bool(self.refuses);
                self.booked += u32::from(booked);
                self.carrier = Some(booked);
                booked
            }
        };
        (!rng.random_bool(self.loses)).then_some(booked)
    }

    pub fn delivered(&self) -> bool {
        self.state == State::Delivered
    }
}
