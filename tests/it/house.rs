//! The rules of the house, as far as a machine can hold them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
use cargo_metadata::{Metadata, MetadataCommand};
use system_tests::mercato;

const SUBGRAPHS: [&str; 8] = ["users", "catalog", "inventory", "search", "orders", "payments", "reviews", "shipping"];
const SHOPPING_WORDS: [&str; 13] = [
    "cart",
    "checkout",
    "product",
    "variant",
    "price",
    "shop",
    "stock",
    "payment",
    "shipment",
    "catalogue",
    "catalog",
    "review",
    "customer",
];
const LONGEST_FILE: usize = 600;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests stand in the tree").to_owned()
}

fn metadata() -> Metadata {
    MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().expect("cargo metadata")
}

/// What a package builds with, its tests aside.
fn dependencies(metadata: &Metadata, package: &str) -> BTreeSet<String> {
    let found = metadata.packages.iter().find(|one| one.name.as_str() == package && one.source.is_none());
    let found = found.unwrap_or_else(|| panic!("there is no package `{package}`"));
    let built_with = found.dependencies.iter().filter(|one| one.kind == cargo_metadata::DependencyKind::Normal);
    built_with.map(|one| one.name.clone()).collect()
}

/// Every Rust source of ours.
fn sources(under: &str) -> Vec<PathBuf> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", under])
        .current_dir(root())
        .output()
        .expect("git lists the tree");
    let listed = String::from_utf8(output.stdout).expect("paths are UTF-8");
    let ours = listed.lines().filter(|path| path.ends_with(".rs")).map(|path| root().join(path));
    ours.filter(|path| path.is_file()).collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
}

#[test]
fn a_subgraph_knows_no_other() {
    let metadata = metadata();
    for subgraph in SUBGRAPHS {
        let known = dependencies(&metadata, subgraph);
        let others: Vec<_> = SUBGRAPHS.iter().filter(|other| known.contains(**other)).collect();
        assert!(others.is_empty(), "{subgraph} depends on {others:?}: let them meet in the schema or on a stream");
    }
}

#[test]
fn kit_and_vocab_know_neither_each_other_nor_any_subgraph() {
    let metadata = metadata();
    for (package, other) in [("kit", "vocab"), ("vocab", "kit")] {
        let known = dependencies(&metadata, package);
        assert!(!known.contains(other), "{package} depends on {other}");
        assert!(SUBGRAPHS.iter().all(|subgraph| !known.contains(*subgraph)), "{package} depends on a subgraph");
    }
    let known = dependencies(&metadata, "vocab");
    for runtime in ["tokio", "axum", "sea-orm", "redis", "reqwest"] {
        assert!(!known.contains(runtime), "vocab depends on {runtime}: it holds values only");
    }
}

#[test]
fn kit_holds_no_word_of_the_business() {
    for path in sources("subgraphs/kit/src") {
        let text = read(&path).to_lowercase();
        let found: Vec<_> = SHOPPING_WORDS.iter().filter(|word| text.contains(**word)).collect();
        assert!(found.is_empty(), "{} says {found:?}: it belongs in a subgraph", path.display());
    }
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    for path in sources(".") {
        let lines = read(&path).lines().count();
        assert!(lines <= LONGEST_FILE, "{} has {lines} lines: make two rooms of it", path.display());
    }
}

#[test]
fn every_crate_obeys_the_same_lints() {
    for manifest in
        ["subgraphs/kit", "subgraphs/vocab", "web-bff", "mail-catcher", "migrations", "tests", "router/compose", "."]
            .into_iter()
            .map(str::to_owned)
            .chain(SUBGRAPHS.iter().map(|subgraph| format!("subgraphs/{subgraph}")))
    {
        let text = read(&root().join(&manifest).join("Cargo.toml"));
        assert!(text.contains("[lints]\nworkspace = true"), "{manifest}/Cargo.toml has lints of its own");
    }
}

#[test]
fn the_written_schema_is_the_one_that_is_served() {
    let checked = Command::new(mercato())
        .args(["schema", "--check", "--out"])
        .arg(root().join("schema"))
        .output()
        .expect("the command runs");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

/// One that is not would cost whoever asks all else that they asked for.
#[test]
fn every_root_field_of_a_query_can_be_null() {
    let mut looked_at = 0;
    for subgraph in SUBGRAPHS {
        let sdl = read(&root().join(format!("schema/{subgraph}.graphql")));
        let document = parse_schema(&sdl).unwrap_or_else(|cause| panic!("{subgraph}: {cause}"));
        for definition in document.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let (name, TypeKind::Object(object)) = (&definition.node.name.node, &definition.node.kind) else {
                continue;
            };
            let roots = object.fields.iter().filter(|field| !field.node.name.node.starts_with('_'));
            for field in roots.filter(|_| name == "Query") {
                looked_at += 1;
                assert!(field.node.ty.node.nullable, "{subgraph}: `{}` is never null", field.node.name.node);
            }
        }
    }
    assert!(looked_at >= 18, "there are {looked_at} root fields");
}

#[test]
fn everything_in_a_schema_says_what_it_is() {
    for subgraph in SUBGRAPHS {
        let sdl = read(&root().join(format!("schema/{subgraph}.graphql")));
        let bare = undescribed(&sdl);
        assert!(bare.is_empty(), "schema/{subgraph}.graphql says nothing about {bare:?}");
    }
}

/// Nobody can tell from a scalar's name what is in it.
#[test]
fn every_scalar_says_in_which_form_it_comes_and_shows_one() {
    let mut looked_at = 0;
    for subgraph in SUBGRAPHS {
        let sdl = read(&root().join(format!("schema/{subgraph}.graphql")));
        let document = parse_schema(&sdl).unwrap_or_else(|cause| panic!("{subgraph}: {cause}"));
        for definition in document.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let TypeKind::Scalar = definition.node.kind else { continue };
            let name = definition.node.name.node.as_str();
            let told = definition.node.description.map(|told| told.node).unwrap_or_default();
            assert!(told.matches('`').count() >= 2, "{subgraph}: `{name}` shows no example: {told}");
            assert!(!told.contains("Implement"), "{subgraph}: `{name}` is told of to who writes Rust: {told}");
            let mut directives = definition.node.directives.iter();
            let specified = directives.any(|directive| directive.node.name.node == "specifiedBy");
            let has_a_standard = matches!(name, "CurrencyCode" | "DateTime");
            assert_eq!(specified, has_a_standard, "{subgraph}: whether `{name}` leads to what specifies it");
            looked_at += 1;
        }
    }
    assert!(looked_at >= 15, "there are {looked_at} scalars");
}

/// The types and fields that no description stands before. Left out are federation's own, stubs
/// that only refer, and connections, whose name says it.
fn undescribed(sdl: &str) -> Vec<String> {
    let mut bare = Vec::new();
    let mut described = false;
    let mut in_text = false;
    let mut owner = String::new();
    for line in sdl.lines().map(str::trim) {
        let quotes = line.matches("\"\"\"").count();
        if in_text || quotes > 0 {
            in_text ^= quotes % 2 == 1;
            described = true;
            continue;
        }
        let words: Vec<&str> = line.split([' ', '(', ':', '{']).filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            ["type" | "interface" | "enum" | "input", name, ..] => {
                owner = (*name).to_owned();
                let a_stub = line.contains("@key") || matches!(*name, "Query" | "Mutation");
                let relays = name.ends_with("Connection");
                if !described && !a_stub && !relays {
                    bare.push(owner.clone());
                }
            }
            ["extend" | "schema", ..] => owner.clear(),
            [] | ["}" | ")" | "scalar" | "union" | "directive", ..] => {}
            [field, ..] if !owner.is_empty() && !described && *field != "id" && !line.contains("@external") => {
                bare.push(format!("{owner}.{field}"));
            }
            _ => {}
        }
        described = false;
    }
    bare
}
