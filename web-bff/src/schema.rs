//! The schema that clients see, as it was composed.

use std::sync::Arc;

use kit::graphql::guard::{Costs, Guard, Limits, ListSizes};
use kit::graphql::type_system::TypeSystem;
use vocab::{BigInt, CurrencyCode};

const API: &str = include_str!("../../schema/api.graphql");
const LIST_SIZES: &str = include_str!("../../schema/list-sizes.toml");

/// Judges the operations of clients by it: their fields, their variables, and what they cost.
pub fn guard(limits: Limits) -> anyhow::Result<Guard> {
    let types = Arc::new(types()?);
    let costs = Costs::new(Arc::clone(&types), Arc::new(ListSizes::parse(LIST_SIZES)?));
    Ok(Guard::new(limits, types).with_costs(costs))
}

fn types() -> anyhow::Result<TypeSystem> {
    let types = TypeSystem::parse(API)?;
    Ok(types
        .with_scalar::<BigInt>("BigInt", BigInt::EXPECTED)
        .with_scalar::<CurrencyCode>("CurrencyCode", CurrencyCode::EXPECTED)
        .with_scalar::<String>("FilterToken", "a token as it came in `FacetValue.token`"))
}

#[cfg(test)]
mod tests {
    use kit::graphql::type_system::Definition;

    use super::*;

    /// What every schema has, and what takes anything.
    const WITHOUT: [&str; 6] = ["Int", "Float", "String", "Boolean", "ID", "JSON"];

    #[test]
    fn every_scalar_of_the_schema_says_what_it_takes() {
        let types = types().expect("a schema");
        let mut cases = 0;
        let scalars = types.definitions().filter(|(_, definition)| matches!(definition, Definition::Scalar));
        for (name, _) in scalars.filter(|(name, _)| !WITHOUT.contains(&name.as_str())) {
            let scalar = types.scalar(name).unwrap_or_else(|| panic!("`{name}` takes what? Say so in `types`"));
            assert!(!scalar.takes(true.into()), "{name}");
            assert!(!scalar.expected().is_empty() && !scalar.expected().ends_with('.'), "{name}");
            cases += 1;
        }
        assert!(cases >= 4, "{cases}");
    }
}
