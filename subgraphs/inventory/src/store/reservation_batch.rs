//! Loads and locks what a batch decides on, and writes its decisions, in the transaction of the commands. Many commands cost as
//! many statements as one.

use std::collections::BTreeSet;
use std::slice;

use kit::{Result, Txn};
use vocab::VariantId;

use super::ledger::Entry;
use super::{Store, announcement, hold, ledger, level, reservation, share};
use crate::message::{Asked, Wanted};
use crate::reservation::{Command, Reservation, State};
use crate::reservation_batch::{Limit, LoadedReservation, ReservationBatch};
use crate::stock::{Level, scarce_after};

/// How many reservations one sweep expires at once.
const EXPIRED_AT_ONCE: u64 = 100;

impl Store {
    /// Executes commands in the order in which they came. Returns the reservation that each reply is made from.
    pub(crate) async fn execute(&self, txn: &Txn, asked: &[Asked]) -> Result<Vec<Reservation>> {
        let (selling, others): (Vec<&Asked>, Vec<&Asked>) =
            asked.iter().partition(|one| one.command() == Command::Settle);
        let begun: BTreeSet<&str> = others.iter().map(|one| one.order().as_str()).collect();
        let sold: BTreeSet<&str> = selling.iter().map(|one| one.order().as_str()).collect();
        let mut reservations = reservation::begin(txn, &begun, self.clock.now()).await?;
        reservations.extend(reservation::lock(txn, &(&sold - &begun)).await?);
        let wanted: Vec<&Wanted> = asked.iter().filter_map(Asked::wanted).collect();
        let mut batch = self.batch(txn, reservations, &wanted).await?;
        let before = batch.levels.clone();
        let answers = asked.iter().map(|one| batch.execute(one).cloned()).collect::<Result<Vec<_>>>()?;
        self.keep(txn, &before, batch).await?;
        Ok(answers)
    }

    /// Expires reservations whose time is over. One that keeps failing is put into quarantine, so that it does not stop the
    /// others.
    pub async fn release_expired(&self) -> Result<u64> {
        let mut released = 0;
        loop {
            let now = self.clock.now();
            let mut expired = self.expired(EXPIRED_AT_ONCE + self.aside.count(now)).await?;
            expired.retain(|order| !self.aside.holds(order, now));
            if expired.is_empty() {
                return Ok(released);
            }
            released += match self.release(&expired).await {
                Err(failure) if !failure.is_transient() => self.release_each(&expired).await?,
                done => done?,
            };
        }
    }

    /// Expires these reservations one by one.
    async fn release_each(&self, orders: &[String]) -> Result<u64> {
        let mut released = 0;
        for order in orders {
            match self.release(slice::from_ref(order)).await {
                Ok(one) => {
                    released += one;
                    self.aside.recovered(order);
                }
                Err(failure) if failure.is_transient() => return Err(failure),
                Err(failure) => self.aside.set(order, failure, self.clock.now()),
            }
        }
        Ok(released)
    }

    /// Expires these reservations, all or none of them.
    async fn release(&self, orders: &[String]) -> Result<u64> {
        let txn = self.db.begin().await?;
        // They may have been settled or released meanwhile.
        let reservations = reservation::lock(&txn, &orders.iter().map(String::as_str).collect()).await?;
        let mut batch = self.batch(&txn, reservations, &[]).await?;
        let before = batch.levels.clone();
        let released = batch.expire()?;
        self.keep(&txn, &before, batch).await?;
        txn.commit().await?;
        Ok(released)
    }

    /// A batch of locked reservations with their shares, and the locked levels of every variant that these and the commands
    /// need.
    async fn batch(&self, txn: &Txn, reservations: Vec<Reservation>, wanted: &[&Wanted]) -> Result<ReservationBatch> {
        let begun = reservations.iter().filter(|one| one.state != State::New).map(|one| one.order.as_str());
        let mut shares = share::of_orders(txn, &begun.collect::<Vec<_>>()).await?;
        let of_shares = shares.values().flatten().map(|share| &share.variant);
        let variants: BTreeSet<&VariantId> = wanted.iter().flat_map(|one| one.units.keys()).chain(of_shares).collect();
        let levels = level::lock(txn, variants).await?;
        let (now, limit) = (self.clock.now(), self.limit(txn, wanted).await?);
        let loaded = reservations.into_iter().map(|one| {
            let shares = shares.remove(&one.order).unwrap_or_default();
            (one.order.clone(), LoadedReservation::new(one, shares))
        });
        Ok(ReservationBatch { now, reservations: loaded.collect(), levels, limit, movements: Vec::new() })
    }

    /// What buyers hold. Read once the levels are locked, so that it does not change.
    async fn limit(&self, txn: &Txn, wanted: &[&Wanted]) -> Result<Option<Limit>> {
        let Some(most) = self.settings.most_held().filter(|_| !wanted.is_empty()) else { return Ok(None) };
        let owners = wanted.iter().map(|one| one.owner.as_str()).collect();
        let variants = wanted.iter().flat_map(|one| one.units.keys()).collect();
        let held = hold::held_by(txn, &owners, &variants, self.clock.now()).await?;
        Ok(Some(Limit { most, held }))
    }

    /// Writes the decisions; `before` holds the levels as they were read.
    async fn keep(&self, txn: &Txn, before: &[Level], batch: ReservationBatch) -> Result<()> {
        let ReservationBatch { now, reservations: loaded, mut levels, movements, .. } = batch;
        reservation::keep(txn, loaded.values().filter(|loaded| loaded.changed).map(|loaded| &loaded.reservation), now)
            .await?;
        let shifted = levels.iter_mut().zip(before).filter(|(level, before)| level != before);
        let shifted = shifted.map(|(level, _)| {
            level.version += 1;
            level.clone()
        });
        level::keep(txn, &shifted.collect::<Vec<_>>()).await?;
        let replaced = loaded.values().filter(|loaded| loaded.replaced).map(LoadedReservation::order);
        share::forget(txn, &replaced.collect::<Vec<_>>()).await?;
        let allocated = loaded.values().filter(|loaded| loaded.allocated);
        let allocated = allocated.flat_map(|loaded| loaded.shares.iter().map(|share| (loaded.order(), share)));
        share::add(txn, &allocated.collect::<Vec<_>>()).await?;
        let entries =
            movements.iter().map(|one| Entry { kind: one.what.into(), order: Some(&one.order), share: &one.share });
        ledger::enter(txn, &entries.collect::<Vec<_>>(), now).await?;
        announcement::tell_all(txn, &scarce_after(before, &levels)).await
    }
}
