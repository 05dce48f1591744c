//! Payments, and the gateway behind it: one answer for each step of the order, which may be lost on its way back.

use std::collections::BTreeMap;

use rand::Rng;
use rand::rngs::SmallRng;

use crate::saga::{Reply, Step};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    Authorize,
    Capture,
    Void,
    Refund,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unknown,
    Authorizing,
    Authorized,
    Declined,
    Capturing,
    Captured,
    Voiding,
    Voided,
    Refunding,
    Refunded,
}

pub struct Payments {
    state: State,
    authorized: bool,
    /// Whether somebody may have asked the gateway already for what is intended.
    in_doubt: bool,
    /// Whether what the gateway has is looked up where that is in doubt.
    pub looks_up: bool,
    pub gateway: Gateway,
}

/// What somebody else has in his books: each call under a key made of order and step, until the key is forgotten.
pub struct Gateway {
    answers: BTreeMap<Call, bool>,
    /// Whether a capture was declined, which lets the authorization lapse.
    lapsed: bool,
    pub authorized: u32,
    pub captured: u32,
    pub voided: u32,
    pub refunded: u32,
    declines: f64,
    loses: f64,
}

impl Payments {
    pub fn new(declines: f64, loses: f64) -> Self {
        let gateway = Gateway {
            answers: BTreeMap::new(),
            lapsed: false,
            authorized: 0,
            captured: 0,
            voided: 0,
            refunded: 0,
            declines,
            loses,
        };
        Self { state: State::Unknown, authorized: false, in_doubt: false, looks_up: true, gateway }
    }

    /// None when the gateway's answer was lost: what it did is done, and nobody here knows.
    pub fn follow(&mut self, command: Step, rng: &mut SmallRng) -> Option<Reply> {
        self.in_doubt = true;
        loop {
            let (call, approved, declined) = match (self.state, command) {
                (State::Unknown, Step::AuthorizePayment) => {
                    self.intend(State::Authorizing);
                    continue;
                }
                (State::Unknown, Step::VoidPayment) => {
                    self.state = State::Voided;
                    return Some(Reply::PaymentVoided);
                }
                (State::Unknown, _) => return Some(declined()),
                (State::Authorizing, _) => (Call::Authorize, State::Authorized, State::Declined),
                (_, Step::AuthorizePayment) if self.authorized => return Some(Reply::PaymentAuthorized),
                (_, Step::AuthorizePayment) => return Some(declined()),
                (State::Capturing, _) => (Call::Capture, State::Captured, State::Declined),
                (State::Authorized, Step::CapturePayment) => {
                    self.intend(State::Capturing);
                    continue;
                }
                (State::Captured | State::Refunding | State::Refunded, Step::CapturePayment) => {
                    return Some(Reply::PaymentCaptured);
                }
                (_, Step::CapturePayment) => return Some(declined()),
                (State::Authorized, _) => {
                    self.intend(State::Voiding);
                    continue;
                }
                (State::Captured, _) => {
                    self.intend(State::Refunding);
                    continue;
                }
                (State::Voiding, _) => (Call::Void, State::Voided, State::Voided),
                (State::Refunding, _) => (Call::Refund, State::Refunded, State::Refunded),
                (State::Voided | State::Refunded | State::Declined, _) => return Some(Reply::PaymentVoided),
            };
            // What was refunded in the dashboard is refused to us, and then looked up.
            let looked_up = self.looks_up && (self.in_doubt || self.gateway.has(Call::Refund));
            let outcome = match looked_up && self.gateway.has(call) {
                true => true,
                false => self.gateway.call(call, rng)?,
            };
            self.authorized |= call == Call::Authorize && outcome;
            self.state = if outcome { approved } else { declined };
        }
    }

    /// Whoever writes an intention down is the first who may carry it out.
    fn intend(&mut self, state: State) {
        self.state = state;
        self.in_doubt = false;
    }
}

impl Gateway {
    fn call(&mut self, call: Call, rng: &mut SmallRng) -> Option<bool> {
        let approved = match self.answers.get(&call) {
            Some(&approved) => approved,
            None => {
                let may_decline = matches!(call, Call::Authorize | Call::Capture);
                let approved = !(may_decline && (self.lapsed || rng.random_bool(self.declines)));
                self.lapsed |= call == Call::Capture && !approved;
                self.answers.insert(call, approved);
                let count = match call {
                    Call::Authorize => &mut self.authorized,
                    Call::Capture => &mut self.captured,
                    Call::Void => &mut self.voided,
                    Call::Refund => &mut self.refunded,
                };
                *count += u32::from(approved);
                approved
            }
        };
        (!rng.random_bool(self.loses)).then_some(approved)
    }

    /// Whether its books show that this was done, under whatever key.
    fn has(&self, call: Call) -> bool {
        let times = match call {
            Call::Authorize => self.authorized,
            Call::Capture => self.captured,
            Call::Void => self.voided,
            Call::Refund => self.refunded,
        };
        times > 0
    }

    /// A call that comes again is a new one from now on.
    pub fn forget_keys(&mut self) {
        self.answers.clear();
    }

    /// Somebody refunds what was captured, past us.
    pub fn refund_by_hand(&mut self) {
        self.refunded += u32::from(self.captured > self.refunded);
    }

    /// An authorization that was declined at its capture is gone by itself.
    pub fn lapsed(&self) -> bool {
        self.lapsed
    }
}

fn declined() -> Reply {
    Reply::PaymentDeclined { reason: "card_declined".into(), message: String::new() }
}
