//! The schema that clients see, as it was composed.

use std::sync::Arc;

use kit::guard::{Costs, Guard, Limits, ListSizes};
use kit::type_system::TypeSystem;

const API: &str = include_str!("../../schema/api.graphql");
const LIST_SIZES: &str = include_str!("../../schema/list-sizes.toml");

/// Judges the operations of clients by it: their variables, and what they cost.
pub fn guard(limits: Limits) -> anyhow::Result<Guard> {
    let types = Arc::new(TypeSystem::parse(API)?);
    let costs = Costs::new(Arc::clone(&types), Arc::new(ListSizes::parse(LIST_SIZES)?));
    Ok(Guard::new(limits, types).with_costs(costs))
}
