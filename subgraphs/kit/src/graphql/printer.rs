//! Documents as text again, where one goes on to another server in another shape than it came.

use std::fmt::{self, Display, Formatter};

use async_graphql::parser::types::{
    Directive, Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet, VariableDefinition,
};
use async_graphql::{Name, Positioned};
use async_graphql_value::Value;

/// An operation under its name.
pub struct Operation<'a>(pub Option<&'a Name>, pub &'a OperationDefinition);

/// A fragment under its name.
pub struct Fragment<'a>(pub &'a Name, pub &'a FragmentDefinition);

impl Display for Operation<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(name, operation) = self;
        write!(f, "{}", operation.ty)?;
        if let Some(name) = name {
            write!(f, " {name}")?;
        }
        if !operation.variable_definitions.is_empty() {
            f.write_str("(")?;
            operation.variable_definitions.iter().try_for_each(|definition| variable(f, &definition.node))?;
            f.write_str(")")?;
        }
        directives(f, &operation.directives)?;
        set(f, &operation.selection_set.node)
    }
}

impl Display for Fragment<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(name, fragment) = self;
        write!(f, "fragment {name} on {}", fragment.type_condition.node.on.node)?;
        directives(f, &fragment.directives)?;
        set(f, &fragment.selection_set.node)
    }
}

fn variable(f: &mut Formatter<'_>, definition: &VariableDefinition) -> fmt::Result {
    write!(f, " ${}: {}", definition.name.node, definition.var_type.node)?;
    if let Some(default) = &definition.default_value {
        f.write_str(" = ")?;
        value(f, &default.node.clone().into_value())?;
    }
    directives(f, &definition.directives)
}

fn set(f: &mut Formatter<'_>, set: &SelectionSet) -> fmt::Result {
    if set.items.is_empty() {
        return Ok(());
    }
    f.write_str(" {")?;
    set.items.iter().try_for_each(|item| selection(f, &item.node))?;
    f.write_str(" }")
}

fn selection(f: &mut Formatter<'_>, selection: &Selection) -> fmt::Result {
    f.write_str(" ")?;
    match selection {
        Selection::Field(of) => field(f, &of.node),
        Selection::FragmentSpread(spread) => {
            write!(f, "...{}", spread.node.fragment_name.node)?;
            directives(f, &spread.node.directives)
        }
        Selection::InlineFragment(inline) => {
            f.write_str("...")?;
            if let Some(condition) = &inline.node.type_condition {
                write!(f, " on {}", condition.node.on.node)?;
            }
            directives(f, &inline.node.directives)?;
            set(f, &inline.node.selection_set.node)
        }
    }
}

fn field(f: &mut Formatter<'_>, field: &Field) -> fmt::Result {
    if let Some(alias) = &field.alias {
        write!(f, "{}: ", alias.node)?;
    }
    write!(f, "{}", field.name.node)?;
    arguments(f, &field.arguments)?;
    directives(f, &field.directives)?;
    set(f, &field.selection_set.node)
}

fn directives(f: &mut Formatter<'_>, directives: &[Positioned<Directive>]) -> fmt::Result {
    directives.iter().try_for_each(|directive| {
        write!(f, " @{}", directive.node.name.node)?;
        arguments(f, &directive.node.arguments)
    })
}

fn arguments(f: &mut Formatter<'_>, arguments: &[(Positioned<Name>, Positioned<Value>)]) -> fmt::Result {
    if arguments.is_empty() {
        return Ok(());
    }
    f.write_str("(")?;
    for (name, given) in arguments {
        write!(f, " {}: ", name.node)?;
        value(f, &given.node)?;
    }
    f.write_str(")")
}

fn value(f: &mut Formatter<'_>, given: &Value) -> fmt::Result {
    match given {
        // The library's own text of a string writes control characters in decimal. JSON's escapes are GraphQL's too.
        Value::String(text) => f.write_str(&serde_json::Value::from(text.as_str()).to_string()),
        Value::List(items) => {
            f.write_str("[")?;
            for item in items {
                f.write_str(" ")?;
                value(f, item)?;
            }
            f.write_str("]")
        }
        Value::Object(fields) => {
            f.write_str("{")?;
            for (name, given) in fields {
                write!(f, " {name}: ")?;
                value(f, given)?;
            }
            f.write_str("}")
        }
        other => write!(f, "{other}"),
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn a_printed_document_parses_to_what_it_was() {
        let text = "query Q( $a: [Int!]! = [1 2] $b: T = { x: \"a\\\"b\\u0001\\n\" y: null}) @d {\
             a: b( c: $a d: {e: [ONE -1.5e3 true]}) @skip( if: $b) { ... on T @x { c } ...F @y( z: \"\\u007f\") ... { d } } }";
        let print = |text: &str| {
            let document = parse_query(text).expect(text);
            let (name, operation) = document.operations.iter().next().expect("an operation");
            Operation(name, &operation.node).to_string()
        };
        let printed = print(text);
        assert!(printed.contains(r#""a\"b\u0001\n""#) && printed.contains("...F @y"), "{printed}");
        assert_eq!(print(&printed), printed);
        let fragment = parse_query("{ a } fragment F on T @x { b(c: 1) }").expect("parses");
        let (name, definition) = fragment.fragments.iter().next().expect("a fragment");
        assert_eq!(Fragment(name, &definition.node).to_string(), "fragment F on T @x { b( c: 1) }");
    }
}
