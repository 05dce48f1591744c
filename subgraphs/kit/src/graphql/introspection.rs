//! An operation that asks for data and for the schema at once, as two of which each asks for one. The router answers
//! either and refuses both together.

use std::collections::{BTreeSet, HashSet};

use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, InlineFragment, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned};
use async_graphql_value::Value;

use crate::graphql::printer;

/// The two documents. Either takes the operation name and the variables that the whole one takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitIntrospection {
    pub schema: String,
    pub data: String,
    /// The keys of the answer at the top, in the order of the whole.
    pub keys: Vec<String>,
}

/// `None` for an operation that asks for one of both alone. `__typename` goes with either. The fragments go round in no
/// circle, and expanded they fit the limits: the document was let in.
pub fn part(
    document: &ExecutableDocument,
    name: Option<&Name>,
    operation: &OperationDefinition,
) -> Option<SplitIntrospection> {
    if operation.ty != OperationType::Query {
        return None;
    }
    let mut fields = Vec::new();
    top(document, &operation.selection_set.node, &mut fields);
    let other = |field: &&Field| !of_schema(field) && field.name.node != "__typename";
    if !fields.iter().any(|field| of_schema(field)) || !fields.iter().any(other) {
        return None;
    }
    let mut seen = HashSet::new();
    let keys = fields.iter().map(|field| field.response_key().node.as_str()).filter(|key| seen.insert(*key));
    Some(SplitIntrospection {
        keys: keys.map(str::to_owned).collect(),
        schema: with(document, name, operation, of_schema),
        data: with(document, name, operation, |field| !of_schema(field)),
    })
}

fn of_schema(field: &Field) -> bool {
    matches!(field.name.node.as_str(), "__schema" | "__type")
}

/// The fields at the top, fragments followed, as often as they stand there.
fn top<'a>(document: &'a ExecutableDocument, set: &'a SelectionSet, fields: &mut Vec<&'a Field>) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => fields.push(&field.node),
            Selection::InlineFragment(inline) => top(document, &inline.node.selection_set.node, fields),
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    top(document, &fragment.node.selection_set.node, fields);
                }
            }
        }
    }
}

fn with(
    document: &ExecutableDocument,
    name: Option<&Name>,
    operation: &OperationDefinition,
    wanted: impl Fn(&Field) -> bool,
) -> String {
    let mut part = operation.clone();
    part.selection_set.node = kept(document, &operation.selection_set.node, &wanted);
    let mut uses = Uses { document, fragments: BTreeSet::new(), variables: HashSet::new() };
    uses.directives(&part.directives);
    uses.set(&part.selection_set.node);
    let Uses { fragments, variables, .. } = uses;
    let declared = part.variable_definitions.into_iter();
    part.variable_definitions =
        declared.filter(|definition| variables.contains(definition.node.name.node.as_str())).collect();
    let mut text = printer::Operation(name, &part).to_string();
    for name in fragments {
        if let Some((name, fragment)) = document.fragments.get_key_value(name) {
            text.push_str(&format!(" {}", printer::Fragment(name, &fragment.node)));
        }
    }
    text
}

/// The selections that lead to wanted fields at the top; fragments there stand in place of their names.
fn kept(document: &ExecutableDocument, set: &SelectionSet, wanted: &impl Fn(&Field) -> bool) -> SelectionSet {
    let mut items = Vec::new();
    for selection in &set.items {
        let inline = match &selection.node {
            Selection::Field(field) => {
                if wanted(&field.node) {
                    items.push(selection.clone());
                }
                continue;
            }
            Selection::InlineFragment(inline) => inline.node.clone(),
            Selection::FragmentSpread(spread) => {
                let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) else { continue };
                InlineFragment {
                    type_condition: Some(fragment.node.type_condition.clone()),
                    directives: spread.node.directives.clone(),
                    selection_set: fragment.node.selection_set.clone(),
                }
            }
        };
        let inner = kept(document, &inline.selection_set.node, wanted);
        if !inner.items.is_empty() {
            let selection_set = Positioned::new(inner, selection.pos);
            let inline = Positioned::new(InlineFragment { selection_set, ..inline }, selection.pos);
            items.push(Positioned::new(Selection::InlineFragment(inline), selection.pos));
        }
    }
    SelectionSet { items }
}

/// What a part still needs of the whole.
struct Uses<'a> {
    document: &'a ExecutableDocument,
    fragments: BTreeSet<&'a str>,
    variables: HashSet<String>,
}

impl Uses<'_> {
    fn set(&mut self, set: &SelectionSet) {
        for selection in &set.items {
            self.directives(selection.node.directives());
            match &selection.node {
                Selection::Field(field) => {
                    field.node.arguments.iter().for_each(|(_, value)| self.value(&value.node));
                    self.set(&field.node.selection_set.node);
                }
                Selection::InlineFragment(inline) => self.set(&inline.node.selection_set.node),
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node),
            }
        }
    }

    fn fragment(&mut self, name: &Name) {
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else { return };
        if self.fragments.insert(name) {
            self.directives(&fragment.node.directives);
            self.set(&fragment.node.selection_set.node);
        }
    }

    fn directives(&mut self, directives: &[Positioned<Directive>]) {
        for directive in directives {
            directive.node.arguments.iter().for_each(|(_, value)| self.value(&value.node));
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Variable(name) => {
                self.variables.insert(name.to_string());
            }
            Value::List(items) => items.iter().for_each(|value| self.value(value)),
            Value::Object(fields) => fields.values().for_each(|value| self.value(value)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    fn parted(text: &str) -> Option<SplitIntrospection> {
        let document = parse_query(text).expect(text);
        let (name, operation) = document.operations.iter().next().expect("an operation");
        part(&document, name, &operation.node)
    }

    #[test]
    fn each_part_has_its_own_fields_fragments_and_variables() {
        let whole = "query Q($t: String!, $i: ID!, $s: Boolean!) {
            a: item(id: $i) { ...I } t: __type(name: $t) { ...T } ...R @skip(if: $s) __typename
          }
          fragment R on Query { __schema { queryType { ...T } } b: item { id } a: item(id: $i) { id } }
          fragment I on Item { id } fragment T on __Type { name }";
        let parted = parted(whole).expect("both");
        assert_eq!(parted.keys, ["a", "t", "__schema", "b", "__typename"]);
        assert_eq!(
            parted.schema,
            "query Q( $t: String! $s: Boolean!) { t: __type( name: $t) { ...T } \
             ... on Query @skip( if: $s) { __schema { queryType { ...T } } } } fragment T on __Type { name }"
        );
        assert_eq!(
            parted.data,
            "query Q( $i: ID! $s: Boolean!) { a: item( id: $i) { ...I } \
             ... on Query @skip( if: $s) { b: item { id } a: item( id: $i) { id } } __typename } fragment I on Item { id }"
        );
    }

    #[test]
    fn what_asks_for_one_alone_is_whole() {
        for one in
            ["{ a }", "{ __schema { types { name } } __typename }", "mutation { a }", "{ a { __typename } ... { b } }"]
        {
            assert_eq!(parted(one), None, "{one}");
        }
    }
}
