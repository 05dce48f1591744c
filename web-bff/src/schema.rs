//! The schema that clients see, as it was composed.

use std::sync::Arc;

use kit::guard::{Costs, ListSizes};
use kit::type_system::TypeSystem;

const API: &str = include_str!("../../schema/api.graphql");
const LIST_SIZES: &str = include_str!("../../schema/list-sizes.toml");

/// What the operations of clients cost.
pub fn costs() -> anyhow::Result<Costs> {
    Ok(Costs::new(Arc::new(TypeSystem::parse(API)?), Arc::new(ListSizes::parse(LIST_SIZES)?)))
}
