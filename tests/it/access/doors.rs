//! The doors of the shop, as its schemas list them.

use std::collections::BTreeSet;
use std::path::Path;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{ServiceDocument, TypeKind, TypeSystemDefinition};

fn schema(name: &str) -> ServiceDocument {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../schema/{name}.graphql"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()));
    parse_schema(text).unwrap_or_else(|cause| panic!("schema/{name}.graphql: {cause}"))
}

/// The fields of `Query` or `Mutation`, as clients see them.
pub fn root_fields(root: &str) -> BTreeSet<String> {
    let schema = schema("api");
    let types = schema.definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(one) if one.node.name.node == root => Some(one.node.kind),
        _ => None,
    });
    let fields = types.flat_map(|kind| match kind {
        TypeKind::Object(object) => object.fields,
        _ => Vec::new(),
    });
    fields.map(|field| field.node.name.node.to_string()).collect()
}

/// The entities that a subgraph resolves by key.
pub fn entities(subgraph: &str) -> BTreeSet<String> {
    let of = schema(subgraph).definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(one) => Some(one.node),
        _ => None,
    });
    let keyed = of.filter(|one| {
        one.directives.iter().any(|directive| {
            let resolvable = directive.node.get_argument("resolvable");
            let only_refers = resolvable.is_some_and(|value| value.node.to_string() == "false");
            directive.node.name.node == "key" && !only_refers
        })
    });
    keyed.map(|one| one.name.node.to_string()).collect()
}

/// What `open.txt` allows to everybody: `Query.field`, `Mutation.field` or `subgraph/Entity`.
pub fn open() -> BTreeSet<String> {
    let listed = include_str!("open.txt").lines().map(str::trim);
    listed.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}
