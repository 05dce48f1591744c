//! Where commands that wait together are decided, in the order in which they came: on the reservations of their orders,
//! the levels of all that they are about, and what their buyers hold. What is decided is gathered until it is written.

mod in_hand;
mod limit;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use kit::{Failure, Result};
use vocab::VariantId;

pub use in_hand::InHand;
pub use limit::Limit;

use crate::message::{Asked, Wanted};
use crate::reservation::{Reason, Reservation, State, Step};
use crate::stock::{Level, Move, Share, allocate};

pub struct Desk {
    pub now: DateTime<Utc>,
    pub hands: BTreeMap<String, InHand>,
    pub levels: Vec<Level>,
    /// None when a buyer may hold any number of units.
    pub limit: Option<Limit>,
    pub moved: Vec<Moved>,
}

/// Units that moved for an order.
pub struct Moved {
    pub order: String,
    pub what: Move,
    pub share: Share,
}

impl Desk {
    /// Carries out a command, and gives the reservation that it is answered with.
    pub fn carry_out(&mut self, asked: &Asked) -> Result<&Reservation> {
        let order = asked.order().as_str();
        let mut hand = self.hands.remove(order).unwrap_or_else(|| InHand::new(Reservation::new(order), Vec::new()));
        match (hand.reservation.state.next(asked.command()), asked) {
            (Step::Promise, Asked::Reserve(wanted)) => self.promise_to_buyer(&mut hand, wanted)?,
            (Step::PromiseAndSell, _) => self.promise_again_and_sell(&mut hand)?,
            (Step::Sell, _) => self.end(&mut hand, Move::Sell, State::Settled)?,
            (Step::TakeBack, _) => self.end(&mut hand, Move::Release, State::Released)?,
            (Step::PutBack, _) => self.end(&mut hand, Move::Return, State::Returned)?,
            (Step::Forbid, _) => hand.enter(State::Released),
            (Step::Promise | Step::Answer, _) => {}
        }
        Ok(&self.hands.entry(order.to_owned()).or_insert(hand).reservation)
    }

    /// Takes every promise back, because its time is over. Tells how many there were.
    pub fn run_out(&mut self) -> Result<u64> {
        let mut hands = std::mem::take(&mut self.hands);
        let mut promises = 0;
        for hand in hands.values_mut().filter(|hand| hand.reservation.state == State::Held) {
            self.end(hand, Move::Release, State::Expired)?;
            promises += 1;
        }
        self.hands = hands;
        Ok(promises)
    }

    /// Promises all that an order wants, or nothing.
    fn promise_to_buyer(&mut self, hand: &mut InHand, wanted: &Wanted) -> Result<()> {
        hand.reservation.owner = Some(wanted.owner.clone());
        hand.reservation.expires_at = Some(wanted.expires_at);
        // Nobody waits for it any more. Perhaps it is the copy of a command whose reservation is forgotten by now.
        if wanted.expires_at <= self.now {
            hand.refuse(Vec::new(), None);
            return Ok(());
        }
        let shares = match allocate(&wanted.units, &self.levels) {
            Ok(shares) => shares,
            Err(shortages) => {
                hand.refuse(shortages, None);
                return Ok(());
            }
        };
        let over = self.limit.as_ref().map(|limit| limit.exceeded_by(wanted)).unwrap_or_default();
        if !over.is_empty() {
            hand.refuse(over, Some(Reason::HoldLimit));
            return Ok(());
        }
        self.promise(hand, shares)
    }

    /// It is sold at once: the limit on what a buyer holds does not matter.
    fn promise_again_and_sell(&mut self, hand: &mut InHand) -> Result<()> {
        let mut units: BTreeMap<VariantId, i64> = BTreeMap::new();
        for share in hand.deal(Vec::new()) {
            *units.entry(share.variant).or_default() += share.units;
        }
        match allocate(&units, &self.levels) {
            Ok(shares) => {
                self.promise(hand, shares)?;
                self.end(hand, Move::Sell, State::Settled)
            }
            Err(shortages) => {
                hand.refuse(shortages, None);
                Ok(())
            }
        }
    }

    fn promise(&mut self, hand: &mut InHand, shares: Vec<Share>) -> Result<()> {
        hand.deal(shares);
        self.shift(hand, Move::Reserve)?;
        hand.enter(State::Held);
        self.count(hand, 1);
        Ok(())
    }

    /// Ends a promise, or a sale.
    fn end(&mut self, hand: &mut InHand, what: Move, end: State) -> Result<()> {
        self.shift(hand, what)?;
        self.count(hand, -1);
        hand.enter(end);
        Ok(())
    }

    fn count(&mut self, hand: &InHand, sign: i64) {
        if let (Some(limit), Some(owner)) = (&mut self.limit, hand.reservation.held_by(self.now)) {
            hand.shares.iter().for_each(|share| limit.count(owner, &share.variant, sign * share.units));
        }
    }

    fn shift(&mut self, hand: &InHand, what: Move) -> Result<()> {
        for share in &hand.shares {
            let here = |level: &&mut Level| level.variant == share.variant && level.location == share.location;
            let gone = || Failure::fault(anyhow::anyhow!("the level of {} is gone", share.variant));
            self.levels.iter_mut().find(here).ok_or_else(gone)?.shift(what, share.units);
            self.moved.push(Moved { order: hand.reservation.order.clone(), what, share: share.clone() });
        }
        Ok(())
    }
}
