//! Lands locations and stock, batch by batch.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use contracts::stock::FreeUnits;
use kit::{Result, Txn};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use vocab::{ProductId, VariantId};

use super::ledger::{Entry, EntryKind};
use super::{Store, announcement, ledger, level, location, variant};
use crate::import::{Imported, LocationLine, StockLine};
use crate::location::{Location, LocationId};
use crate::stock::{Level, Share};

impl Store {
    pub async fn import_locations(&self, lines: &[LocationLine]) -> Result<Imported> {
        let mut imported = Imported::default();
        let mut stated: Vec<Location> = Vec::new();
        let mut seen = HashSet::new();
        for (index, line) in lines.iter().enumerate() {
            match line.check() {
                Err(reason) => imported.rejected.push((index, reason)),
                Ok(_) if !seen.insert(line.id.as_str()) => {
                    imported.rejected.push((index, format!("the location `{}` is listed twice", line.id)));
                }
                Ok(location) => stated.push(location),
            }
        }
        let txn = self.db.begin().await?;
        let ids: Vec<&str> = stated.iter().map(|location| location.id.as_str()).collect();
        let known = location::by_ids(&*txn, &ids).await?;
        let sound = stated.len();
        stated.retain(|location| known.get(location.id.as_str()) != Some(location));
        location::upsert(&*txn, &stated).await?;
        txn.commit().await?;
        imported.changed = stated.len();
        imported.unchanged = sound - stated.len();
        Ok(imported)
    }

    /// Brings what was received of these variants to what is stated; see [`crate::import`].
    pub async fn import_stock(&self, lines: &[StockLine]) -> Result<Imported> {
        let locations = self.location_keys().await?;
        let txn = self.db.begin().await?;
        take_turn(&txn).await?;
        let variants: BTreeSet<VariantId> = lines.iter().map(|line| VariantId::of_key(&line.variant)).collect();
        let known: HashMap<(VariantId, LocationId), Level> = level::lock(&txn, &variants)
            .await?
            .into_iter()
            .map(|level| ((level.variant.clone(), level.location.clone()), level))
            .collect();
        let mut free = free_units(known.values());
        let mut imported = Imported::default();
        let (mut stated, mut deltas, mut introduced, mut told) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut seen = HashSet::new();
        for (index, line) in lines.iter().enumerate() {
            let arrivals = if seen.insert(line.variant.as_str()) {
                arrivals(line, &locations, &known)
            } else {
                Err(format!("the variant `{}` is listed twice", line.variant))
            };
            match arrivals {
                Err(reason) => imported.rejected.push((index, reason)),
                Ok(arrivals) => {
                    introduced.push((VariantId::of_key(&line.variant), ProductId::of_key(&line.product)));
                    match arrivals.is_empty() {
                        true => imported.unchanged += 1,
                        false => imported.changed += 1,
                    }
                    let variant = VariantId::of_key(&line.variant);
                    let (units, version) = free.entry(variant.clone()).or_default();
                    *units += arrivals.iter().map(|arrival| arrival.delta.units).sum::<i64>();
                    *version += i64::try_from(arrivals.len())?;
                    told.push(variant);
                    for Arrival { total, delta } in arrivals {
                        stated.push(total);
                        deltas.push(delta);
                    }
                }
            }
        }
        variant::introduce(&*txn, introduced).await?;
        level::receive(&*txn, &stated).await?;
        let received = deltas.iter().map(|share| Entry { kind: EntryKind::Received, order: None, share });
        ledger::enter(&txn, &received.collect::<Vec<_>>(), self.clock.now()).await?;
        let told = told.into_iter().filter_map(|variant| {
            let &(free, version) = free.get(&variant)?;
            Some(FreeUnits { variant_id: variant, free, version })
        });
        announcement::tell_all(&txn, &told.collect::<Vec<_>>()).await?;
        txn.commit().await?;
        Ok(imported)
    }
}

/// Waits until no other batch is imported, until this transaction ends. What has no level yet cannot be locked: two who
/// state the same of it would both enter it into the ledger.
async fn take_turn(txn: &Txn) -> Result<()> {
    // SQLite has one writer at a time anyway.
    if txn.get_database_backend() == DbBackend::Postgres {
        let sql = "SELECT pg_advisory_xact_lock(hashtextextended('stock import of ' || current_schema(), 0))";
        txn.execute_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    }
    Ok(())
}

/// How many units of each variant are free, and the version of that.
fn free_units<'a>(levels: impl Iterator<Item = &'a Level>) -> BTreeMap<VariantId, (i64, i64)> {
    let mut free: BTreeMap<VariantId, (i64, i64)> = BTreeMap::new();
    for level in levels {
        let (units, version) = free.entry(level.variant.clone()).or_default();
        *units += level.free();
        *version += level.version;
    }
    free
}

/// What a level has received in all, and how much of that is news.
struct Arrival {
    total: Share,
    delta: Share,
}

fn arrivals(
    line: &StockLine,
    locations: &HashSet<String>,
    known: &HashMap<(VariantId, LocationId), Level>,
) -> Result<Vec<Arrival>, String> {
    let variant = VariantId::of_key(&line.variant);
    let mut arrivals = Vec::new();
    for (key, &units) in &line.units {
        if !locations.contains(key) {
            return Err(format!("there is no location `{key}` for the variant `{}`", line.variant));
        }
        if units < 0 {
            return Err(format!("the variant `{}` has less than nothing in stock at `{key}`", line.variant));
        }
        let location = LocationId::of_key(key);
        let level = known.get(&(variant.clone(), location.clone()));
        let delta = units - level.map_or(0, |level| level.received);
        if delta == 0 {
            continue;
        }
        let free = level.map_or(0, Level::free);
        if free + delta < 0 {
            let bound = level.map_or(0, |level| level.received - level.free());
            return Err(format!(
                "{bound} units of the variant `{}` at `{key}` are sold or reserved: {units} are too few",
                line.variant
            ));
        }
        let share = |units| Share { variant: variant.clone(), location: location.clone(), units };
        arrivals.push(Arrival { total: share(units), delta: share(delta) });
    }
    Ok(arrivals)
}
