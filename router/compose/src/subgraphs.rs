use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, ensure};
use apollo_federation::{
    ApiSchemaOptions,
    composition::{CompositionFailure, CompositionHint, CompositionOptions, compose},
    error::{CompositionError, SubgraphLocation},
    subgraph::typestate::{Initial, Subgraph},
    supergraph::HintLevel,
};
use serde::Deserialize;

pub const FILE: &str = "supergraph.yaml";

/// `supergraph.yaml`, in rover's format.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    federation_version: u8,
    subgraphs: BTreeMap<String, ConfiguredSubgraph>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfiguredSubgraph {
    routing_url: String,
    schema: SchemaSource,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemaSource {
    file: PathBuf,
}

pub struct Subgraphs(Vec<Subgraph<Initial>>);

/// What a set of subgraphs composes to.
#[derive(Debug)]
pub struct Composed {
    pub supergraph: String,
    pub api: String,
    pub hints: Vec<String>,
}

impl Subgraphs {
    pub fn read(root: &Path) -> Result<Self> {
        let path = root.join(FILE);
        let config: Config = serde_saphyr::from_str(&read(&path)?).with_context(|| format!("{FILE} is not valid"))?;
        ensure!(config.federation_version == 2, "{FILE}: only federation_version 2 can be composed");
        let sources = config
            .subgraphs
            .into_iter()
            .map(|(name, subgraph)| Ok((read(&root.join(&subgraph.schema.file))?, name, subgraph.routing_url)))
            .collect::<Result<Vec<_>>>()?;
        Self::parse(sources.iter().map(|(sdl, name, url)| (name.as_str(), url.as_str(), sdl.as_str())))
    }

    /// From names, routing URLs and SDL. Every subgraph that does not parse is named, not only the first.
    fn parse<'a>(sources: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) -> Result<Self> {
        let (mut parsed, mut errors) = (Vec::new(), Vec::new());
        for (name, url, sdl) in sources {
            match Subgraph::parse(name, url, sdl) {
                Ok(subgraph) => parsed.push(subgraph),
                Err(failure) => errors.extend(failure.to_composition_errors()),
            }
        }
        if errors.is_empty() { Ok(Self(parsed)) } else { Err(refused(&CompositionFailure::from_errors(errors))) }
    }

    pub fn compose(self) -> Result<Composed> {
        let supergraph = compose(self.0, CompositionOptions::default()).map_err(|failure| refused(&failure))?;
        let api = supergraph
            .to_api_schema(ApiSchemaOptions { include_defer: false, include_stream: false })
            .map_err(|failure| anyhow!("the supergraph composes but has no API schema: {failure}"))?;
        Ok(Composed {
            supergraph: supergraph.schema().schema().to_string(),
            api: api.schema().to_string(),
            hints: supergraph.hints().iter().filter(|hint| worth_reading(hint)).map(hint_line).collect(),
        })
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn refused(failure: &CompositionFailure) -> anyhow::Error {
    let mut text = format!("the subgraphs do not compose, {} error(s):", failure.errors.len());
    for error in &failure.errors {
        let _ = write!(text, "\n\n{}", error_lines(error));
    }
    for hint in failure.hints.iter().filter(|hint| worth_reading(hint)) {
        let _ = write!(text, "\n\n{}", hint_line(hint));
    }
    anyhow!(text)
}

fn error_lines(error: &CompositionError) -> String {
    format!("error {}: {error}{}", error.code().definition().code(), places(error.locations()))
}

fn hint_line(hint: &CompositionHint) -> String {
    format!("{} {}: {}{}", hint.level().name().to_lowercase(), hint.code(), hint.message(), places(&hint.locations))
}

/// Debug hints say how the merger works, not what to mend.
fn worth_reading(hint: &CompositionHint) -> bool {
    !matches!(hint.level(), HintLevel::Debug)
}

fn places(locations: &[SubgraphLocation]) -> String {
    locations.iter().fold(String::new(), |mut text, place| {
        let _ = write!(text, "\n  at {}:{}:{}", place.subgraph, place.range.start.line, place.range.start.column);
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str =
        r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@external"])"#;

    fn subgraphs(sources: &[(&str, &str)]) -> Result<Subgraphs> {
        let linked: Vec<_> = sources.iter().map(|(name, sdl)| (*name, format!("{LINK}\n{sdl}"))).collect();
        Subgraphs::parse(linked.iter().map(|(name, sdl)| (*name, "http://subgraph.test/graphql", sdl.as_str())))
    }

    const CATALOG: (&str, &str) = (
        "catalog",
        "type Query { product(id: ID!): Product } type Product @key(fields: \"id\") { id: ID! title: String! }",
    );
    const REVIEWS: (&str, &str) = ("reviews", "type Product @key(fields: \"id\") { id: ID! rating: Int }");

    #[test]
    fn two_halves_of_an_entity_become_one_type() {
        let composed = subgraphs(&[CATALOG, REVIEWS]).unwrap().compose().unwrap();
        assert!(composed.supergraph.contains("@join__graph(name: \"reviews\", url: \"http://subgraph.test/graphql\")"));
        assert!(
            composed.api.contains("type Product {\n  id: ID!\n  title: String!\n  rating: Int\n}"),
            "{}",
            composed.api
        );
        assert!(!composed.api.contains("join__"), "a client must not see how the graph is joined");
    }

    #[test]
    fn the_order_of_the_list_does_not_show() {
        let there = subgraphs(&[CATALOG, REVIEWS]).unwrap().compose().unwrap();
        let back = subgraphs(&[REVIEWS, CATALOG]).unwrap().compose().unwrap();
        assert_eq!(there.supergraph, back.supergraph);
        assert_eq!(there.api, back.api);
    }

    /// An SDL export names the directives that every GraphQL server has; a supergraph that repeats them stops the router.
    #[test]
    fn built_in_directives_do_not_reach_the_supergraph() {
        let sdl = format!(
            "{}\ndirective @skip(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT\n\
             directive @include(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT",
            CATALOG.1
        );
        let composed = subgraphs(&[("catalog", &sdl)]).unwrap().compose().unwrap();
        assert!(!composed.supergraph.contains("directive @skip"));
        assert!(!composed.supergraph.contains("directive @include"));
    }

    #[test]
    fn a_conflict_says_its_code_and_both_subgraphs() {
        let clash = ("reviews", "type Product @key(fields: \"id\") { id: ID! title: String! }");
        let refusal = subgraphs(&[CATALOG, clash]).unwrap().compose().unwrap_err().to_string();
        assert!(refusal.contains("error INVALID_FIELD_SHARING"), "{refusal}");
        assert!(refusal.contains("at catalog:2:") && refusal.contains("at reviews:2:"), "{refusal}");
    }

    /// Without its line in router.yaml, a subgraph would be looked for at a name that exists nowhere.
    #[test]
    fn the_router_can_be_told_where_each_subgraph_listens() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let config: Config = serde_saphyr::from_str(&read(&root.join(FILE)).unwrap()).unwrap();
        let router = read(&root.join("router/router.yaml")).unwrap();
        for (name, subgraph) in config.subgraphs {
            let line = format!("  {name}: ${{env.MERCATO_{}_URL:-{}}}\n", name.to_uppercase(), subgraph.routing_url);
            assert!(router.contains(&line), "router/router.yaml lacks{line}");
        }
    }

    #[test]
    fn every_subgraph_that_does_not_parse_is_named() {
        let refusal = subgraphs(&[("catalog", "type {"), ("reviews", "type {")]).err().unwrap().to_string();
        assert!(refusal.contains("[catalog]") && refusal.contains("[reviews]"), "{refusal}");
    }
}
