//! A batch of commands is decided in memory, in the order in which they came: on the reservations of their orders, the stock
//! levels of their variants, and what their buyers hold. The decisions are collected until they are written.

mod limit;
mod loaded;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use kit::{Failure, Result};
use vocab::VariantId;

pub use limit::Limit;
pub use loaded::LoadedReservation;

use crate::message::{Asked, Wanted};
use crate::reservation::{Reason, Reservation, State, Step};
use crate::stock::{Level, Move, Share, allocate};

pub struct ReservationBatch {
    pub now: DateTime<Utc>,
    pub reservations: BTreeMap<String, LoadedReservation>,
    pub levels: Vec<Level>,
    /// `None` when a buyer may hold any number of units.
    pub limit: Option<Limit>,
    pub movements: Vec<StockMovement>,
}

/// Units that moved for an order.
pub struct StockMovement {
    pub order: String,
    pub what: Move,
    pub share: Share,
}

impl ReservationBatch {
    /// Executes a command. Returns the reservation that the reply is made from.
    pub fn execute(&mut self, asked: &Asked) -> Result<&Reservation> {
        let order = asked.order().as_str();
        let mut loaded = self
            .reservations
            .remove(order)
            .unwrap_or_else(|| LoadedReservation::new(Reservation::new(order), Vec::new()));
        match (loaded.reservation.state.next(asked.command()), asked) {
            (Step::Reserve, Asked::Reserve(wanted)) => self.reserve_for_buyer(&mut loaded, wanted)?,
            (Step::ReserveAndSell, _) => self.reserve_and_sell(&mut loaded)?,
            (Step::Sell, _) => self.end(&mut loaded, Move::Sell, State::Settled)?,
            (Step::Release, _) => self.end(&mut loaded, Move::Release, State::Released)?,
            (Step::PutBack, _) => self.end(&mut loaded, Move::Return, State::Returned)?,
            (Step::Forbid, _) => loaded.enter(State::Released),
            (Step::Reserve | Step::Answer, _) => {}
        }
        Ok(&self.reservations.entry(order.to_owned()).or_insert(loaded).reservation)
    }

    /// Expires every held reservation of the batch. Returns how many there were.
    pub fn expire(&mut self) -> Result<u64> {
        let mut reservations = std::mem::take(&mut self.reservations);
        let mut promises = 0;
        for loaded in reservations.values_mut().filter(|loaded| loaded.reservation.state == State::Held) {
            self.end(loaded, Move::Release, State::Expired)?;
            promises += 1;
        }
        self.reservations = reservations;
        Ok(promises)
    }

    /// Reserves all that an order wants, or nothing.
    fn reserve_for_buyer(&mut self, loaded: &mut LoadedReservation, wanted: &Wanted) -> Result<()> {
        loaded.reservation.owner = Some(wanted.owner.clone());
        loaded.reservation.expires_at = Some(wanted.expires_at);
        // Its time is over before it is held. It may be a late copy of a command whose reservation is deleted by now.
        if wanted.expires_at <= self.now {
            loaded.refuse(Vec::new(), None);
            return Ok(());
        }
        let shares = match allocate(&wanted.units, &self.levels) {
            Ok(shares) => shares,
            Err(shortages) => {
                loaded.refuse(shortages, None);
                return Ok(());
            }
        };
        let over = self.limit.as_ref().map(|limit| limit.exceeded_by(wanted)).unwrap_or_default();
        if !over.is_empty() {
            loaded.refuse(over, Some(Reason::HoldLimit));
            return Ok(());
        }
        self.reserve(loaded, shares)
    }

    /// Reserves once more and sells at once, so the limit on what a buyer holds does not apply.
    fn reserve_and_sell(&mut self, loaded: &mut LoadedReservation) -> Result<()> {
        let mut units: BTreeMap<VariantId, i64> = BTreeMap::new();
        for share in loaded.reallocate(Vec::new()) {
            *units.entry(share.variant).or_default() += share.units;
        }
        match allocate(&units, &self.levels) {
            Ok(shares) => {
                self.reserve(loaded, shares)?;
                self.end(loaded, Move::Sell, State::Settled)
            }
            Err(shortages) => {
                loaded.refuse(shortages, None);
                Ok(())
            }
        }
    }

    fn reserve(&mut self, loaded: &mut LoadedReservation, shares: Vec<Share>) -> Result<()> {
        loaded.reallocate(shares);
        self.shift(loaded, Move::Reserve)?;
        loaded.enter(State::Held);
        self.count(loaded, 1);
        Ok(())
    }

    /// Ends a reservation, or a sale.
    fn end(&mut self, loaded: &mut LoadedReservation, what: Move, end: State) -> Result<()> {
        self.shift(loaded, what)?;
        self.count(loaded, -1);
        loaded.enter(end);
        Ok(())
    }

    fn count(&mut self, loaded: &LoadedReservation, sign: i64) {
        if let (Some(limit), Some(owner)) = (&mut self.limit, loaded.reservation.held_by(self.now)) {
            loaded.shares.iter().for_each(|share| limit.count(owner, &share.variant, sign * share.units));
        }
    }

    fn shift(&mut self, loaded: &LoadedReservation, what: Move) -> Result<()> {
        for share in &loaded.shares {
            let here = |level: &&mut Level| level.variant == share.variant && level.location == share.location;
            let gone = || Failure::fault(anyhow::anyhow!("the level of {} is gone", share.variant));
            self.levels.iter_mut().find(here).ok_or_else(gone)?.shift(what, share.units);
            self.movements.push(StockMovement { order: loaded.reservation.order.clone(), what, share: share.clone() });
        }
        Ok(())
    }
}
