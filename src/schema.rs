//! Writes what each subgraph serves to `schema/`, where it is reviewed and composed.

use std::path::PathBuf;

use anyhow::Context;
use kit::graphql::guard::ListSizes;
use kit::graphql::type_system::TypeSystem;

const LIST_SIZES: &str = include_str!("../schema/list-sizes.toml");

#[derive(clap::Args)]
pub struct Options {
    /// The folder to write to.
    #[arg(long, default_value = "schema")]
    out: PathBuf,
    /// Write nothing; fail when a file is not what its subgraph serves.
    #[arg(long)]
    check: bool,
}

/// Every subgraph's name and SDL.
pub fn subgraphs() -> [(&'static str, String); 8] {
    [
        ("catalog", kit::graphql::sdl::export(&catalog::schema())),
        ("inventory", kit::graphql::sdl::export(&inventory::schema())),
        ("orders", kit::graphql::sdl::export(&orders::schema())),
        ("payments", kit::graphql::sdl::export(&payments::schema())),
        ("reviews", kit::graphql::sdl::export(&reviews::schema())),
        ("search", kit::graphql::sdl::export(&search::schema())),
        ("shipping", kit::graphql::sdl::export(&shipping::schema())),
        ("users", kit::graphql::sdl::export(&users::schema())),
    ]
}

/// How long each list of the subgraphs is.
pub fn list_sizes() -> anyhow::Result<ListSizes> {
    ListSizes::parse(LIST_SIZES)
}

/// Fails where the size of a list cannot be told, or a rule is for none.
fn check_list_sizes(sizes: &ListSizes, subgraphs: &[(&'static str, String)]) -> anyhow::Result<()> {
    let parsed = subgraphs.iter().map(|(name, sdl)| Ok((*name, TypeSystem::parse(sdl)?)));
    let schemas = parsed.collect::<anyhow::Result<Vec<_>>>()?;
    let faults = sizes.faults(schemas.iter().map(|(name, types)| (*name, types)));
    anyhow::ensure!(faults.is_empty(), "schema/list-sizes.toml does not fit the schema:\n  {}", faults.join("\n  "));
    Ok(())
}

pub fn run(options: &Options) -> anyhow::Result<()> {
    let subgraphs = subgraphs();
    for (name, sdl) in &subgraphs {
        let path = options.out.join(format!("{name}.graphql"));
        if options.check {
            let written = std::fs::read_to_string(&path).unwrap_or_default();
            anyhow::ensure!(written == *sdl, "{} is stale: run `./mercato schema`", path.display());
        } else {
            std::fs::create_dir_all(&options.out)?;
            std::fs::write(&path, sdl).with_context(|| format!("{} cannot be written", path.display()))?;
        }
    }
    check_list_sizes(&list_sizes()?, &subgraphs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(rules: &str, change: impl Fn(&str) -> String) -> String {
        let sizes = ListSizes::parse(rules).expect("rules");
        let changed = subgraphs().map(|(name, sdl)| (name, change(&sdl)));
        check_list_sizes(&sizes, &changed).map_or_else(|faults| faults.to_string(), |()| String::new())
    }

    #[test]
    fn the_gate_lets_no_list_through_whose_size_nobody_told() {
        assert_eq!(faults(LIST_SIZES, str::to_owned), "");
        let more = faults(LIST_SIZES, |sdl| sdl.replace("  attributes: [", "  awards: [String!]!\n  attributes: ["));
        assert!(more.contains("catalog: `Product.awards` is a list without a size: give it a rule"), "{more}");
        let less = faults(&LIST_SIZES.replace("attributes = 40", ""), str::to_owned);
        assert!(less.contains("catalog: `Product.attributes` is a list without a size"), "{less}");
    }

    #[test]
    fn the_gate_lets_no_rule_stand_whose_list_is_gone() {
        let gone = faults(LIST_SIZES, |sdl| sdl.replace("  attributes: [ProductAttribute!]!", "  attributes: Int"));
        assert!(gone.contains("there is no list for the rule `Product.attributes`"), "{gone}");
    }
}
