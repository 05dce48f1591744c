//! What operations cost, told from the schema alone: those that are sent fit with room, and bombs do not.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use kit::config::Keys;
use kit::graphql::guard::{Bomb, Costs, Guard, Limits, ListSizes};
use kit::graphql::type_system::TypeSystem;
use kit::{Code, Refusal};
use serde_json::{Map, Value, json};

/// What federation adds to a subgraph, for its schema is written without.
const FEDERATION: &str = "scalar _Any
    union _Entity = Product | Order
    extend type Query { _entities(representations: [_Any!]!): [_Entity]! }";

#[derive(serde::Deserialize)]
struct Config {
    guard: Limits,
    edge: Edge,
}

#[derive(serde::Deserialize)]
struct Edge {
    guard: Limits,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
}

/// The guard of the edge, or of a subgraph, as they are configured when nobody says otherwise.
fn guard(door: &str) -> Guard {
    let Config { guard, edge } = kit::config::load(&read("src/config.default.toml"), None, Keys::default()).unwrap();
    let (limits, sdl) = match door {
        "edge" => (edge.guard, read("schema/api.graphql")),
        subgraph => (guard, format!("{}\n{FEDERATION}", read(format!("schema/{subgraph}.graphql")))),
    };
    let types = Arc::new(TypeSystem::parse(&sdl).unwrap());
    let sizes = ListSizes::parse(&read("schema/list-sizes.toml")).unwrap();
    Guard::new(limits, Arc::clone(&types)).with_costs(Costs::new(types, Arc::new(sizes)))
}

fn cost(guard: &Guard, document: &str, operation: Option<&str>, variables: &Value) -> Result<u64, Refusal> {
    let variables = variables.as_object().cloned().unwrap_or_else(Map::new);
    guard.afford(&*guard.admit(document)?, operation, &variables)
}

/// The documents in a folder, with their variables where a file beside them has some.
fn documents(folder: &str) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "graphql") {
            let variables = fs::read_to_string(path.with_extension("json")).unwrap_or_else(|_| "{}".to_owned());
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            found.push((name, fs::read_to_string(&path).unwrap(), serde_json::from_str(&variables).unwrap()));
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    assert!(!found.is_empty(), "{folder} has no documents");
    found
}

/// The documents that the README's script sends. What the shell fills in is a 1.
fn of_the_readme() -> Vec<String> {
    let readme = read("README.md");
    let bodies = readme.lines().filter_map(|line| line.split_once("ask '{").map(|(_, rest)| rest));
    let documents = bodies.map(|rest| {
        let mut body = "{".to_owned();
        for (turn, part) in rest.split('\'').enumerate() {
            match turn % 2 {
                0 => body.push_str(part),
                _ => body.push('1'),
            }
            if turn % 2 == 0 && part.ends_with("\"}") {
                break;
            }
        }
        let body: Value = serde_json::from_str(&body).unwrap_or_else(|cause| panic!("{cause}: {body}"));
        body["query"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned()
    });
    documents.collect()
}

#[test]
fn what_is_sent_every_day_fits_with_room() {
    let guard = guard("edge");
    let budget = guard.limits().cost;
    let mut told = String::new();
    for (name, document, variables) in
        [documents("web-bff/operations"), documents("web-bff/graphiql/src/tour")].concat()
    {
        let cost = cost(&guard, &document, None, &variables).unwrap_or_else(|refused| panic!("{name}: {refused:?}"));
        told.push_str(&format!("{name}: {cost}\n"));
        assert!(cost * 2 <= budget, "{name} costs {cost}, more than half of {budget}");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn the_readmes_operations_fit_with_room() {
    let guard = guard("edge");
    let documents = of_the_readme();
    assert!(documents.len() >= 5, "{documents:?}");
    for document in documents {
        let cost =
            cost(&guard, &document, None, &json!({})).unwrap_or_else(|refused| panic!("{document}: {refused:?}"));
        assert!(cost * 2 <= guard.limits().cost, "{document} costs {cost}");
    }
}

#[test]
fn every_bomb_costs_more_than_fits_at_its_door() {
    let bombs = Bomb::parse(&read("tests/bombs.toml")).unwrap();
    assert!(bombs.len() >= 50, "{} bombs", bombs.len());
    for bomb in bombs {
        let guard = guard(&bomb.door);
        let variables = Value::Object(bomb.variables());
        let asked = Instant::now();
        let refused = cost(&guard, &bomb.query, bomb.operation.as_deref(), &variables);
        let took = asked.elapsed();
        let refused = match refused {
            Ok(cost) => panic!("{} costs {cost}: it fits", bomb.name),
            Err(refused) => refused,
        };
        println!("{:<9} {:<45} {took:>9.1?}  {}", bomb.door, bomb.name, refused.message);
        assert_eq!(refused.code, Code::TooComplex, "{}: {}", bomb.name, refused.message);
        let told = refused.extensions.unwrap_or_else(|| panic!("{}: {}", bomb.name, refused.message));
        assert!(told["cost"].as_u64() > told["budget"].as_u64(), "{}", bomb.name);
    }
}
