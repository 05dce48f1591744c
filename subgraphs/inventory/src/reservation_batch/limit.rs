use std::collections::BTreeMap;

use vocab::VariantId;

use crate::message::Wanted;
use crate::stock::{Shortage, over_limit};

/// How much of a variant one buyer may hold at once.
pub struct Limit {
    pub most: i64,
    /// What buyers hold now.
    pub held: BTreeMap<String, BTreeMap<VariantId, i64>>,
}

impl Limit {
    /// Of what the buyer would hold too much.
    pub(super) fn exceeded_by(&self, wanted: &Wanted) -> Vec<Shortage> {
        let nothing = BTreeMap::new();
        over_limit(&wanted.units, self.held.get(&wanted.owner).unwrap_or(&nothing), self.most)
    }

    pub(super) fn count(&mut self, owner: &str, variant: &VariantId, units: i64) {
        *self.held.entry(owner.to_owned()).or_default().entry(variant.clone()).or_default() += units;
    }
}
