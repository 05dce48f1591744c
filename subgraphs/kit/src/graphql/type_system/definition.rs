use std::collections::HashMap;

use async_graphql::parser::types::{BaseType, ConstDirective, FieldDefinition, InputValueDefinition, Type, TypeKind};
use async_graphql::{Name, Positioned, Value};

/// A named type of the schema.
#[derive(Clone, Debug)]
pub enum Definition {
    Scalar,
    Object { fields: Fields, interfaces: Vec<Name> },
    Interface { fields: Fields, interfaces: Vec<Name> },
    Union { members: Vec<Name> },
    Enum { values: Vec<Name> },
    InputObject { fields: InputValues, one_of: bool },
}

pub type Fields = HashMap<Name, Field>;

/// A field of an object or an interface.
#[derive(Clone, Debug)]
pub struct Field {
    pub ty: Type,
    pub arguments: InputValues,
    pub directives: Vec<ConstDirective>,
}

/// Arguments of a field or a directive, or the fields of an input object, in the schema's order.
#[derive(Clone, Debug, Default)]
pub struct InputValues(Vec<(Name, InputValue)>);

impl InputValues {
    /// They are few: looking through them is quicker than any hash.
    pub fn get(&self, name: &str) -> Option<&InputValue> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Name, &InputValue)> {
        self.0.iter().map(|(name, value)| (name, value))
    }
}

/// An argument, or a field of an input object.
#[derive(Clone, Debug)]
pub struct InputValue {
    pub ty: Type,
    pub default: Option<Value>,
}

impl InputValue {
    /// Whether it must be given: it takes no null and stands for nothing when left out.
    pub fn is_required(&self) -> bool {
        !self.ty.nullable && self.default.is_none()
    }
}

/// The named type inside any lists.
pub fn named(ty: &Type) -> &Name {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => named(inner),
    }
}

/// The type of a list's items; `None` for a type that is no list.
pub fn item(ty: &Type) -> Option<&Type> {
    match &ty.base {
        BaseType::Named(_) => None,
        BaseType::List(inner) => Some(inner),
    }
}

impl Definition {
    pub(super) fn new(kind: TypeKind, directives: &[Positioned<ConstDirective>]) -> Self {
        match kind {
            TypeKind::Scalar => Self::Scalar,
            TypeKind::Object(object) => {
                Self::Object { fields: fields(object.fields), interfaces: names(object.implements) }
            }
            TypeKind::Interface(interface) => {
                Self::Interface { fields: fields(interface.fields), interfaces: names(interface.implements) }
            }
            TypeKind::Union(union) => Self::Union { members: names(union.members) },
            TypeKind::Enum(of) => {
                Self::Enum { values: of.values.into_iter().map(|value| value.node.value.node).collect() }
            }
            TypeKind::InputObject(input) => Self::InputObject {
                fields: InputValues::new(input.fields),
                one_of: directives.iter().any(|directive| directive.node.name.node == "oneOf"),
            },
        }
    }

    /// Adds what an `extend` says of the same type.
    pub(super) fn extend(&mut self, more: Self) {
        match (self, more) {
            (Self::Object { fields, interfaces }, Self::Object { fields: more, interfaces: also })
            | (Self::Interface { fields, interfaces }, Self::Interface { fields: more, interfaces: also }) => {
                fields.extend(more);
                interfaces.extend(also);
            }
            (Self::Union { members }, Self::Union { members: more }) => members.extend(more),
            (Self::Enum { values }, Self::Enum { values: more }) => values.extend(more),
            (Self::InputObject { fields, .. }, Self::InputObject { fields: more, .. }) => fields.0.extend(more.0),
            _ => {}
        }
    }

    /// The fields of an object or an interface.
    pub fn fields(&self) -> Option<&Fields> {
        match self {
            Self::Object { fields, .. } | Self::Interface { fields, .. } => Some(fields),
            _ => None,
        }
    }

    pub fn interfaces(&self) -> &[Name] {
        match self {
            Self::Object { interfaces, .. } | Self::Interface { interfaces, .. } => interfaces,
            _ => &[],
        }
    }

    /// Whether something is selected of it.
    pub fn is_composite(&self) -> bool {
        matches!(self, Self::Object { .. } | Self::Interface { .. } | Self::Union { .. })
    }

    /// Whether a variable or an argument may be of this type.
    pub fn is_input(&self) -> bool {
        matches!(self, Self::Scalar | Self::Enum { .. } | Self::InputObject { .. })
    }
}

impl InputValues {
    pub(super) fn new(definitions: Vec<Positioned<InputValueDefinition>>) -> Self {
        let each = definitions.into_iter().map(|definition| {
            let InputValueDefinition { name, ty, default_value, .. } = definition.node;
            (name.node, InputValue { ty: ty.node, default: default_value.map(|value| value.node) })
        });
        Self(each.collect())
    }
}

fn fields(definitions: Vec<Positioned<FieldDefinition>>) -> Fields {
    let each = definitions.into_iter().map(|definition| {
        let FieldDefinition { name, arguments, ty, directives, .. } = definition.node;
        let directives = directives.into_iter().map(|directive| directive.node).collect();
        (name.node, Field { ty: ty.node, arguments: InputValues::new(arguments), directives })
    });
    each.collect()
}

fn names(positioned: Vec<Positioned<Name>>) -> Vec<Name> {
    positioned.into_iter().map(|name| name.node).collect()
}
