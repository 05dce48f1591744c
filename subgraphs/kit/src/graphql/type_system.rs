//! The types of a GraphQL schema, looked up by name: what a field answers with, what its arguments take.
//!
//! Read once from the schema's text, so that the edge, which has no resolvers, knows what a subgraph knows. What every
//! schema has unsaid (the scalars, `@skip`, introspection) is there too.

mod definition;
mod scalar;

use std::collections::HashMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{OperationType, SchemaDefinition, Type, TypeSystemDefinition};
use async_graphql::{Name, ObjectType, ScalarType, Schema, SubscriptionType};

pub use self::definition::{Definition, Field, Fields, InputValue, InputValues, item, named};
pub use self::scalar::Scalar;

const BUILTIN: &str = include_str!("type_system/builtin.graphql");
/// Holds, in [`BUILTIN`], the fields that introspection adds to the query root.
const ROOT: &str = "__Root";

/// An index of a schema.
#[derive(Clone, Debug)]
pub struct TypeSystem {
    types: HashMap<Name, Definition>,
    directives: HashMap<Name, InputValues>,
    /// What is known of the schema's own scalars.
    scalars: HashMap<&'static str, Scalar>,
    query: Name,
    mutation: Option<Name>,
    subscription: Option<Name>,
    typename: Field,
}

impl TypeSystem {
    /// Reads a schema in the Schema Definition Language. Types that are only extended there count as defined.
    ///
    /// # Errors
    ///
    /// When the text is no schema.
    pub fn parse(sdl: &str) -> anyhow::Result<Self> {
        let mut system = Self {
            types: HashMap::new(),
            directives: HashMap::new(),
            scalars: HashMap::from(Scalar::usual()),
            query: Name::new("Query"),
            mutation: None,
            subscription: None,
            typename: Field {
                ty: Type::new("String!").expect("a type"),
                arguments: InputValues::default(),
                directives: Vec::new(),
            },
        };
        let mut roots = None;
        for definition in parse_schema(BUILTIN)?.definitions.into_iter().chain(parse_schema(sdl)?.definitions) {
            if let Some(said) = system.add(definition) {
                roots = Some(said);
            }
        }
        if let Some(SchemaDefinition { query, mutation, subscription, .. }) = roots {
            system.query = query.map_or(system.query, |name| name.node);
            system.mutation = mutation.map(|name| name.node);
            system.subscription = subscription.map(|name| name.node);
        } else {
            let defined = |name| Some(Name::new(name)).filter(|name| system.types.contains_key(name));
            (system.mutation, system.subscription) = (defined("Mutation"), defined("Subscription"));
        }
        Ok(system)
    }

    /// The types that a schema of our own serves, with what federation adds.
    pub fn of<Q, M, S>(schema: &Schema<Q, M, S>) -> Self
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
        S: SubscriptionType + 'static,
    {
        Self::parse(&schema.sdl()).expect("a schema exports itself as a schema")
    }

    /// Answers the definition of the roots, where that is what was given.
    fn add(&mut self, definition: TypeSystemDefinition) -> Option<SchemaDefinition> {
        match definition {
            TypeSystemDefinition::Schema(schema) if schema.node.query.is_some() => return Some(schema.node),
            TypeSystemDefinition::Schema(_) => {}
            TypeSystemDefinition::Type(defined) => {
                let name = defined.node.name.node;
                let definition = Definition::new(defined.node.kind, &defined.node.directives);
                match self.types.get_mut(&name) {
                    Some(known) if defined.node.extend => known.extend(definition),
                    _ => {
                        self.types.insert(name, definition);
                    }
                }
            }
            TypeSystemDefinition::Directive(directive) => {
                let directive = directive.node;
                self.directives.insert(directive.name.node, InputValues::new(directive.arguments));
            }
        }
        None
    }

    /// Says what a scalar of the schema takes, and in words what to give it, with an example: "a currency, such as USD".
    pub fn with_scalar<T: ScalarType>(mut self, name: &'static str, expected: &'static str) -> Self {
        self.scalars.insert(name, Scalar::of::<T>(expected));
        self
    }

    /// What is known of one of the schema's own scalars.
    pub fn scalar(&self, name: &str) -> Option<&Scalar> {
        self.scalars.get(name)
    }

    /// A type by its name.
    pub fn definition(&self, name: &str) -> Option<&Definition> {
        self.types.get(name)
    }

    /// All types by name, in no order.
    pub fn definitions(&self) -> impl Iterator<Item = (&Name, &Definition)> {
        self.types.iter()
    }

    /// A field of an object or interface type by both names, `__typename` and the root's introspection fields included.
    /// A union has `__typename` alone.
    pub fn field(&self, parent: &str, name: &str) -> Option<&Field> {
        if name == "__typename" {
            return Some(&self.typename);
        }
        let parent = if name.starts_with("__") && self.query == parent { ROOT } else { parent };
        self.types.get(parent)?.fields()?.get(name)
    }

    /// The arguments of a directive.
    pub fn directive(&self, name: &str) -> Option<&InputValues> {
        self.directives.get(name)
    }

    /// The type that an operation starts from; `None` where the schema has no such operations.
    pub fn root(&self, operation: OperationType) -> Option<&Name> {
        match operation {
            OperationType::Query => Some(&self.query),
            OperationType::Mutation => self.mutation.as_ref(),
            OperationType::Subscription => self.subscription.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests;
