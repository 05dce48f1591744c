//! The inventory: finite units of one thing, promises that expire, and other buyers.

use super::network::Millis;
use crate::saga::{Reply, Step};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    New,
    Held,
    Refused,
    Released,
    Expired,
    Settled,
    Returned,
}

pub struct Inventory {
    pub promise: Promise,
    pub free: i64,
    pub reserved: i64,
    pub sold: i64,
    pub elsewhere: i64,
    pub received: i64,
    /// How often units were promised, and how often they came back.
    pub given: u32,
    pub back: u32,
    wanted: i64,
    expires: Millis,
}

impl Inventory {
    pub fn new(received: i64, wanted: i64, expires: Millis) -> Self {
        Self {
            promise: Promise::New,
            free: received,
            reserved: 0,
            sold: 0,
            elsewhere: 0,
            received,
            given: 0,
            back: 0,
            wanted,
            expires,
        }
    }

    pub fn follow(&mut self, command: Step) -> Reply {
        match (command, self.promise) {
            (Step::ReserveStock, Promise::New) => self.promise(),
            (Step::ReleaseStock, Promise::New) => self.promise = Promise::Released,
            (Step::ReleaseStock, Promise::Held) => self.take_back(Promise::Released),
            (Step::SettleStock, Promise::Held) => self.sell(),
            (Step::SettleStock, Promise::Expired) => {
                self.promise();
                if self.promise == Promise::Held {
                    self.sell();
                }
            }
            (Step::ReturnStock, Promise::Settled) => {
                self.sold -= self.wanted;
                self.free += self.wanted;
                self.back += 1;
                self.promise = Promise::Returned;
            }
            (Step::ReturnStock, Promise::Held) => self.take_back(Promise::Returned),
            _ => {}
        }
        self.answer(command)
    }

    fn answer(&self, command: Step) -> Reply {
        match (command, self.promise) {
            (Step::ReserveStock, Promise::Held | Promise::Settled) => Reply::StockReserved,
            (Step::ReleaseStock | Step::SettleStock, Promise::Settled) => Reply::StockSettled,
            (Step::ReleaseStock, _) => Reply::StockReleased,
            (Step::ReturnStock, _) => Reply::StockReturned,
            _ => Reply::StockRefused { shortages: Vec::new(), limited: false },
        }
    }

    pub fn expire(&mut self, now: Millis) {
        if self.promise == Promise::Held && now >= self.expires {
            self.take_back(Promise::Expired);
        }
    }

    /// Somebody else buys, as many as there are.
    pub fn others(&mut self, units: i64) {
        let taken = units.min(self.free).max(-self.elsewhere);
        self.free -= taken;
        self.elsewhere += taken;
    }

    fn promise(&mut self) {
        if self.free < self.wanted {
            self.promise = Promise::Refused;
            return;
        }
        self.free -= self.wanted;
        self.reserved += self.wanted;
        self.given += 1;
        self.promise = Promise::Held;
    }

    fn sell(&mut self) {
        self.reserved -= self.wanted;
        self.sold += self.wanted;
        self.promise = Promise::Settled;
    }

    fn take_back(&mut self, end: Promise) {
        self.reserved -= self.wanted;
        self.free += self.wanted;
        self.back += 1;
        self.promise = end;
    }
}
