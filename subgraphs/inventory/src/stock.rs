//! Stock levels: how many units are free, and from which locations an order gets its own.

use std::collections::BTreeMap;

use contracts::stock::FreeUnits;
use serde::{Deserialize, Serialize};
use vocab::{Quantity, VariantId};

use crate::location::LocationId;

/// What lies of a variant at a location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    pub variant: VariantId,
    pub location: LocationId,
    /// All that ever came.
    pub received: i64,
    /// What came and was not sold.
    pub on_hand: i64,
    /// How much of what is on hand is reserved.
    pub reserved: i64,
    /// Grows with each change.
    pub version: i64,
}

impl Level {
    pub fn free(&self) -> i64 {
        self.on_hand - self.reserved
    }

    pub fn shift(&mut self, what: Move, units: i64) {
        match what {
            Move::Reserve => self.reserved += units,
            Move::Release => self.reserved -= units,
            Move::Sell => {
                self.reserved -= units;
                self.on_hand -= units;
            }
            Move::Return => self.on_hand += units,
        }
    }
}

/// What happens to units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    Reserve,
    Release,
    Sell,
    /// What was sold comes back to its shelf.
    Return,
}

/// Units of a variant at a location that an order gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    pub variant: VariantId,
    pub location: LocationId,
    pub units: i64,
}

/// An order wants more of a variant than is free.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shortage {
    pub variant_id: VariantId,
    pub requested: i64,
    pub available: i64,
}

/// Allocates the wanted units to locations, or returns what there is too little of: all or nothing. The fullest location is
/// taken first, so that an order comes from few places; the same levels always give the same allocation.
pub fn allocate(wanted: &BTreeMap<VariantId, i64>, levels: &[Level]) -> Result<Vec<Share>, Vec<Shortage>> {
    let (mut shares, mut shortages) = (Vec::new(), Vec::new());
    for (variant, &units) in wanted {
        let mut shelves: Vec<&Level> =
            levels.iter().filter(|level| level.variant == *variant && level.free() > 0).collect();
        let available: i64 = shelves.iter().map(|level| level.free()).sum();
        if available < units {
            shortages.push(Shortage { variant_id: variant.clone(), requested: units, available });
            continue;
        }
        shelves.sort_by(|one, other| other.free().cmp(&one.free()).then_with(|| one.location.cmp(&other.location)));
        let mut missing = units;
        for level in shelves {
            if missing == 0 {
                break;
            }
            let taken = missing.min(level.free());
            missing -= taken;
            shares.push(Share { variant: variant.clone(), location: level.location.clone(), units: taken });
        }
    }
    if shortages.is_empty() { Ok(shares) } else { Err(shortages) }
}

/// Of what a buyer, who holds this much already, wants more than `most`.
pub fn over_limit(wanted: &BTreeMap<VariantId, i64>, held: &BTreeMap<VariantId, i64>, most: i64) -> Vec<Shortage> {
    let over = |(variant, &requested): (&VariantId, &i64)| {
        let available = (most - held.get(variant).copied().unwrap_or_default()).max(0);
        (requested > available).then(|| Shortage { variant_id: variant.clone(), requested, available })
    };
    wanted.iter().filter_map(over).collect()
}

/// Below this many free units, others are told of every change.
const TOLD_BELOW: i64 = 10;

/// What is to be told when `before` has become `after`; both hold the same levels in the same order, each variant whole.
pub fn scarce_after(before: &[Level], after: &[Level]) -> Vec<FreeUnits> {
    let mut changes: BTreeMap<&VariantId, (i64, FreeUnits)> = BTreeMap::new();
    for (old, new) in before.iter().zip(after) {
        let nothing = || (0, FreeUnits { variant_id: new.variant.clone(), free: 0, version: 0 });
        let (was_free, now) = changes.entry(&new.variant).or_insert_with(nothing);
        *was_free += old.free();
        now.free += new.free();
        now.version += new.version;
    }
    let told = |(was_free, now): (i64, FreeUnits)| {
        (was_free != now.free && was_free.min(now.free) < TOLD_BELOW).then_some(now)
    };
    changes.into_values().filter_map(told).collect()
}

/// Whether something can be bought now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StockState {
    Out,
    Low,
    In,
}

/// Below this a shopper is told how many are left.
const LOW: i64 = 10;

impl StockState {
    pub fn of(free: i64) -> Self {
        match free {
            ..=0 => Self::Out,
            1..=LOW => Self::Low,
            _ => Self::In,
        }
    }
}

/// The number of units left, where it is so low that a shopper should know.
pub fn shown_quantity(free: i64) -> Option<i64> {
    (free <= LOW).then_some(free.max(0))
}

pub fn most_per_order(free: i64) -> i64 {
    free.clamp(0, i64::from(Quantity::MOST_PER_ORDER))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(variant: &str, location: &str, on_hand: i64, reserved: i64) -> Level {
        let (variant, location) = (VariantId::of_key(variant), LocationId::of_key(location));
        Level { variant, location, received: on_hand, on_hand, reserved, version: 1 }
    }

    fn wanted(lines: &[(&str, i64)]) -> BTreeMap<VariantId, i64> {
        lines.iter().map(|&(variant, units)| (VariantId::of_key(variant), units)).collect()
    }

    fn shares(wanted: &BTreeMap<VariantId, i64>, levels: &[Level]) -> Vec<(String, i64)> {
        let shares = allocate(wanted, levels).expect("enough for all");
        shares.into_iter().map(|share| (share.location.to_string(), share.units)).collect()
    }

    #[test]
    fn an_order_comes_from_few_places() {
        let levels = [level("mug", "north", 2, 0), level("mug", "south", 9, 1), level("mug", "west", 8, 0)];
        assert_eq!(shares(&wanted(&[("mug", 8)]), &levels), [("loc_south".to_owned(), 8)]);
        assert_eq!(
            shares(&wanted(&[("mug", 17)]), &levels),
            [("loc_south".to_owned(), 8), ("loc_west".to_owned(), 8), ("loc_north".to_owned(), 1)]
        );
    }

    #[test]
    fn one_shortage_refuses_the_whole_order() {
        let levels = [level("mug", "north", 5, 3), level("bowl", "north", 5, 0)];
        let refused = allocate(&wanted(&[("mug", 3), ("bowl", 1), ("spoon", 1)]), &levels);
        let shortage = |variant: &str, requested, available| Shortage {
            variant_id: VariantId::of_key(variant),
            requested,
            available,
        };
        assert_eq!(refused, Err(vec![shortage("mug", 3, 2), shortage("spoon", 1, 0)]));
    }

    #[test]
    fn a_buyer_may_take_what_is_left_of_the_limit() {
        let held = wanted(&[("mug", 2), ("bowl", 9)]);
        let over = |lines: &[(&str, i64)]| -> Vec<(i64, i64)> {
            let over = over_limit(&wanted(lines), &held, 3);
            over.iter().map(|one| (one.requested, one.available)).collect()
        };
        assert_eq!(over(&[("mug", 1), ("spoon", 3)]), []);
        assert_eq!(over(&[("mug", 2), ("spoon", 4), ("bowl", 1)]), [(1, 0), (2, 1), (4, 3)]);
    }

    #[test]
    fn a_change_is_told_when_little_was_or_is_free() {
        let levels = [level("mug", "north", 8, 0), level("mug", "south", 6, 1), level("bowl", "north", 50, 0)];
        let told = |moves: [i64; 3], what| -> Vec<(i64, i64)> {
            let mut after = levels.clone();
            for (level, units) in after.iter_mut().zip(moves).filter(|(_, units)| *units > 0) {
                level.shift(what, units);
                level.version += 1;
            }
            scarce_after(&levels, &after).iter().map(|told| (told.free, told.version)).collect()
        };
        assert_eq!(told([3, 0, 0], Move::Reserve), [], "ten are left of thirteen");
        assert_eq!(told([8, 1, 0], Move::Reserve), [(4, 4)]);
        assert_eq!(told([0, 0, 45], Move::Reserve), [(5, 2)]);
        assert_eq!(told([0, 0, 1], Move::Return), []);
        assert_eq!(told([0, 1, 0], Move::Sell), [], "what is sold was not free before");
    }

    #[test]
    fn a_quantity_is_told_only_when_it_is_low() {
        assert_eq!((StockState::of(0), shown_quantity(0)), (StockState::Out, Some(0)));
        assert_eq!((StockState::of(10), shown_quantity(10)), (StockState::Low, Some(10)));
        assert_eq!((StockState::of(11), shown_quantity(11)), (StockState::In, None));
        assert_eq!((most_per_order(3), most_per_order(5_000)), (3, 10));
    }
}
