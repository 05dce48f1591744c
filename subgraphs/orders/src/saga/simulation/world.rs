//! One order, and everybody who has to do with it.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::Figures;
use super::inventory::Inventory;
use super::network::{Due, Millis, Network, Weather};
use super::orchestrator::Orchestrator;
use super::payments::Payments;
use super::shipping::Shipping;
use crate::order::OrderEvent;
use crate::saga::{Effect, Event, Reply, RequestedBy, RetryPolicy, Step};

/// More than any order takes, however bad the weather.
const MOST_HAPPENINGS: u32 = 20_000;

pub struct World {
    pub rng: SmallRng,
    weather: Weather,
    network: Network,
    pub orders: Orchestrator,
    pub inventory: Inventory,
    pub payments: Payments,
    pub shipping: Shipping,
    pub figures: Figures,
    now: Millis,
    /// When the watch looks next.
    look: Option<Millis>,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let mut rng = SmallRng::seed_from_u64(seed);
        let weather = Weather::draw(&mut rng);
        let patience = RetryPolicy { step_timeout_ms: 5_000, attempts: rng.random_range(1..=5) };
        let reserved = [2_000, 30_000, 300_000, 1_800_000][rng.random_range(0..4)];
        let seldom = [0.0, 0.0, 0.05, 0.4];
        let mut seldom = || seldom[rng.random_range(0..seldom.len())];
        let payments = Payments::new(seldom(), seldom());
        let shipping = Shipping::new(seldom(), seldom());
        let wanted = rng.random_range(1..=3);
        let inventory = Inventory::new(wanted + rng.random_range(-1..=4), wanted, reserved);
        let (orders, effects) = Orchestrator::begin(reserved, patience);
        let figures = Figures { sagas: 1, ..Figures::default() };
        let network = Network::new();
        let mut world =
            Self { rng, weather, network, orders, inventory, payments, shipping, figures, now: 0, look: None };
        world.plan(reserved);
        world.send_all(&effects);
        world.watch();
        world
    }

    /// What happens whether or not anybody answers.
    fn plan(&mut self, reserved: Millis) {
        let sweep = reserved + self.rng.random_range(0..10_000);
        self.network.at(sweep, Due::Expire);
        for _ in 0..self.rng.random_range(0..4) {
            let when = self.sometime(2 * reserved);
            let units = self.rng.random_range(-2..=4);
            self.network.at(when, Due::Others(units));
        }
        for _ in 0..[0, 0, 0, 1, 1, 2][self.rng.random_range(0..6)] {
            let when = self.sometime(7_200_000);
            let by = if self.rng.random_bool(0.7) { RequestedBy::Customer } else { RequestedBy::Staff };
            self.network.at(when, Due::Wish(by));
        }
        for _ in 0..[0, 0, 0, 1, 2][self.rng.random_range(0..5)] {
            let when = self.sometime(14_400_000);
            self.network.at(when, Due::Refund);
        }
        if self.rng.random_bool(0.2) {
            let when = self.sometime(7_200_000);
            self.network.at(when, Due::Forget);
        }
        // Whoever refunds in the dashboard has the order refunded here too, or waits for that: else our books are wrong.
        if self.rng.random_bool(0.1) {
            let when = self.sometime(7_200_000);
            self.network.at(when, Due::Dashboard);
        }
        // A carrier that is in a hurry takes a parcel before it was told that the order stands.
        if self.rng.random_bool(0.05) {
            for _ in 0..2 {
                let when = self.sometime(2 * reserved);
                self.network.at(when, Due::Carry);
            }
        }
    }

    /// Half of the times are within a second, where things happen.
    fn sometime(&mut self, most: Millis) -> Millis {
        let most = if self.rng.random_bool(0.5) { 1_000 } else { most };
        self.rng.random_range(0..most)
    }

    pub fn run(&mut self) -> Result<(), String> {
        for _ in 0..MOST_HAPPENINGS {
            let Some((when, due)) = self.network.next() else { return Ok(()) };
            self.now = when;
            self.happen(due)?;
            self.units_are_conserved()?;
        }
        Err(format!("has not come to rest after {MOST_HAPPENINGS} happenings: {:?}", self.orders.process))
    }

    fn happen(&mut self, due: Due) -> Result<(), String> {
        match due {
            Due::Command(command) => {
                if let Some(reply) = self.follow(command) {
                    self.send(&Due::Answer(command, reply));
                }
            }
            Due::Expire => self.inventory.expire(self.now),
            Due::Others(units) => self.inventory.others(units),
            Due::Confirmed => {
                if !std::mem::replace(&mut self.shipping.confirmed, true) {
                    self.carry_on();
                }
            }
            Due::Carry => {
                if let Some(news) = self.shipping.carry(&mut self.rng) {
                    self.send(&news);
                    self.carry_on();
                    self.network.at(self.now + 60_000, Due::Remind);
                }
            }
            Due::Remind => {
                if self.shipping.has_returned() && !self.orders.process.checkout.parcel.returned {
                    self.send(&Due::Returned);
                    self.network.at(self.now + 60_000, Due::Remind);
                }
            }
            Due::Forget => {
                self.payments.gateway.forget_keys();
                self.shipping.forget_keys();
            }
            Due::Dashboard => {
                let arrived = self.orders.process.may_refund().is_ok();
                if arrived || self.orders.gives_money_back() {
                    self.payments.gateway.refund_by_hand();
                }
                if arrived {
                    self.tell(Event::RefundRequested, None, Some(due))?;
                }
            }
            Due::Answer(command, ref reply) => self.tell(Event::Replied(reply.clone()), Some(command), Some(due))?,
            Due::Dispatched => self.tell(Event::ShipmentDispatched, None, Some(due))?,
            Due::Delivered => self.tell(Event::ShipmentDelivered, None, Some(due))?,
            Due::Returned => self.tell(Event::ShipmentReturned, None, Some(due))?,
            Due::Refund => self.tell(Event::RefundRequested, None, Some(due))?,
            Due::Wish(by) => self.tell(Event::CancelRequested(by), None, Some(due))?,
            Due::Look if self.look == Some(self.now) => {
                self.look = None;
                self.tell(Event::DeadlinePassed, None, None)?;
            }
            Due::Look => {}
        }
        self.watch();
        Ok(())
    }

    /// The watch looks again when the next deadline has passed.
    fn watch(&mut self) {
        let Some(deadline) = self.orders.deadlines().min() else { return };
        let soon = deadline.max(self.now) + 500;
        if self.look.is_none_or(|planned| planned > soon) {
            let when = soon - self.rng.random_range(0..500);
            self.look = Some(when);
            self.network.at(when, Due::Look);
        }
    }

    fn follow(&mut self, command: Step) -> Option<Reply> {
        match command {
            Step::AuthorizePayment | Step::CapturePayment | Step::VoidPayment => {
                self.payments.follow(command, &mut self.rng)
            }
            Step::CreateShipment | Step::CancelShipment => self.shipping.follow(command, &mut self.rng),
            _ => Some(self.inventory.follow(command)),
        }
    }

    fn carry_on(&mut self) {
        let when = self.now + self.sometime(3_600_000);
        self.network.at(when, Due::Carry);
    }

    /// The orchestrator takes something in: it may die before its commit or after it, and a second one may decide first.
    /// What it had not acknowledged when it died comes again.
    fn tell(&mut self, what: Event, answer_to: Option<Step>, redelivered: Option<Due>) -> Result<(), String> {
        for first in [true, false] {
            let Some(decision) = self.orders.decide(self.now, what.clone(), answer_to) else { return Ok(()) };
            if self.dies() {
                self.come_again(redelivered);
                return Ok(());
            }
            if first && self.rng.random_bool(self.weather.rival) {
                self.rival(&what, answer_to)?;
            }
            if !self.orders.keep(&decision)? {
                self.figures.overtaken += 1;
                continue;
            }
            self.send_all(&decision.effects);
            if self.dies() {
                // What was not marked as sent is sent again.
                self.send_all(&decision.effects);
                self.come_again(redelivered);
            }
            return Ok(());
        }
        Err("was overtaken by nobody".into())
    }

    fn come_again(&mut self, redelivered: Option<Due>) {
        if let Some(due) = redelivered {
            self.network.at(self.now + 1_000, due);
        }
    }

    /// Another orchestrator, which has read the same row: it hears the same, or that a deadline has passed.
    fn rival(&mut self, what: &Event, answer_to: Option<Step>) -> Result<(), String> {
        let other = if self.rng.random_bool(0.5) {
            self.orders.decide(self.now, what.clone(), answer_to)
        } else {
            self.orders.decide(self.now, Event::DeadlinePassed, None)
        };
        let Some(decision) = other else { return Ok(()) };
        if self.orders.keep(&decision)? {
            self.send_all(&decision.effects);
        }
        Ok(())
    }

    fn dies(&mut self) -> bool {
        let dies = self.rng.random_bool(self.weather.crash);
        self.figures.crashes += u64::from(dies);
        dies
    }

    fn send_all(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Send(step) => self.send(&Due::Command(*step)),
                Effect::Record(OrderEvent::StockSettled) => self.send(&Due::Confirmed),
                Effect::Record(_) => {}
            }
        }
    }

    fn send(&mut self, due: &Due) {
        self.network.send(self.now, due, &self.weather, &mut self.rng, &mut self.figures);
    }
}
