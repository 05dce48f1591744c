use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Pos, Positioned};
use async_graphql_value::Value as Argument;

use serde_json::{Map, Value};

use super::cost::{Costs, Expression};
use crate::graphql::introspection;
use crate::graphql::type_system::TypeSystem;
use crate::graphql::variables::{self, Declared};
use crate::{Code, Refusal, SplitIntrospection};

/// A document that fits the limits, parsed.
#[derive(Debug)]
pub struct Admitted {
    text: Arc<str>,
    document: ExecutableDocument,
    types: Arc<TypeSystem>,
    /// Of each operation by its name; empty where nothing says what anything costs.
    costs: Vec<(Option<Name>, Expression)>,
    /// What each operation does with its variables, looked at once for all requests.
    declared: OnceLock<Result<HashMap<Option<Name>, Declared>, Refusal>>,
}

impl Admitted {
    pub(super) fn new(text: Arc<str>, document: ExecutableDocument, types: Arc<TypeSystem>) -> Self {
        Self { text, document, types, costs: Vec::new(), declared: OnceLock::new() }
    }

    pub(super) fn with_costs(mut self, costs: &Costs) -> Self {
        let operations = self.document.operations.iter();
        self.costs = operations.map(|(name, one)| (name.cloned(), costs.of(&self.document, &one.node))).collect();
        self
    }

    /// What the operation costs that a request with this `operationName` means.
    pub(super) fn cost(&self, name: Option<&str>) -> Result<Option<&Expression>, Refusal> {
        self.definition(name)?;
        let mut costs = self.costs.iter();
        // Without a name there is only one.
        let found = costs.find(|(other, _)| name.is_none() || other.as_deref() == name);
        Ok(found.map(|(_, expression)| expression))
    }

    pub(super) fn cost_nodes(&self) -> usize {
        self.costs.iter().map(|(_, expression)| expression.nodes()).sum()
    }

    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    pub fn document(&self) -> &ExecutableDocument {
        &self.document
    }

    /// The types of the schema that the document asks.
    pub fn types(&self) -> &TypeSystem {
        &self.types
    }

    /// The values that the operation runs with, made from those that were sent with it.
    ///
    /// # Errors
    ///
    /// `GRAPHQL_VALIDATION_FAILED` where the document puts a variable to a wrong use, `BAD_USER_INPUT` where a value does
    /// not fit its type, be it sent or written in the document.
    pub fn variables(&self, name: Option<&str>, sent: &Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
        let operation = self.definition(name)?;
        let declared = self.declared.get_or_init(|| self.declared()).as_ref().map_err(Clone::clone)?;
        let mut found = declared.iter().filter(|(key, _)| name.is_none() || key.as_ref().map(Name::as_str) == name);
        let Some((_, declared)) = found.next() else { return Ok(sent.clone()) };
        let values = declared.coerce(sent, &self.types)?;
        declared.keep_null_out(&values, &self.document, operation, &self.types)?;
        Ok(values)
    }

    /// The operation as two, where it asks for data and for the schema at once.
    pub fn parted(&self, name: Option<&str>) -> Option<SplitIntrospection> {
        let mut operations = self.document.operations.iter();
        let (name, operation) = operations.find(|(key, _)| name.is_none() || key.map(Name::as_str) == name)?;
        introspection::part(&self.document, name, &operation.node)
    }

    fn declared(&self) -> Result<HashMap<Option<Name>, Declared>, Refusal> {
        let each = self.document.operations.iter().map(|(name, operation)| {
            Ok((name.cloned(), variables::judge(&self.document, &operation.node, &self.types)?))
        });
        each.collect()
    }

    /// Whether the request reads, writes or subscribes.
    pub fn operation(&self, name: Option<&str>) -> Result<OperationType, Refusal> {
        self.definition(name).map(|definition| definition.ty)
    }

    /// The operation that a request with this `operationName` means.
    pub fn definition(&self, name: Option<&str>) -> Result<&OperationDefinition, Refusal> {
        match (&self.document.operations, name) {
            (DocumentOperations::Single(only), None) => Ok(&only.node),
            (DocumentOperations::Single(_), Some(_)) => Err(unknown(
                "The document's only operation is anonymous. Name it in the document, or leave `operationName` out.",
            )),
            (DocumentOperations::Multiple(named), Some(name)) => {
                let found = named.get(name).map(|operation| &operation.node);
                found.ok_or_else(|| {
                    unknown(format!("The document has no operation of that name. It has {}.", list(named.keys())))
                })
            }
            (DocumentOperations::Multiple(named), None) => {
                let mut operations = named.values();
                match (operations.next(), operations.next()) {
                    (Some(only), None) => Ok(&only.node),
                    _ => {
                        Err(unknown(format!("Say which operation to run in `operationName`: {}.", list(named.keys()))))
                    }
                }
            }
        }
    }

    /// The names of the fields at the top of that operation, fragments followed.
    pub fn root_fields(&self, name: Option<&str>) -> Result<BTreeSet<&str>, Refusal> {
        Ok(self.roots(name)?.into_iter().map(|root| root.name).collect())
    }

    /// The fields at the top of that operation, fragments followed. The fragments go round in no circle: the document was
    /// let in.
    pub fn roots(&self, name: Option<&str>) -> Result<Vec<Root<'_>>, Refusal> {
        let mut sets = vec![&self.definition(name)?.selection_set.node];
        let (mut roots, mut spread) = (Vec::new(), HashSet::new());
        while let Some(set) = sets.pop() {
            for selection in &set.items {
                match &selection.node {
                    Selection::Field(field) => roots.push(Root::of(&field.node, &self.text)),
                    Selection::InlineFragment(inline) => sets.push(&inline.node.selection_set.node),
                    Selection::FragmentSpread(one) => {
                        let name = &one.node.fragment_name.node;
                        if let Some(fragment) = self.document.fragments.get(name).filter(|_| spread.insert(name)) {
                            sets.push(&fragment.node.selection_set.node);
                        }
                    }
                }
            }
        }
        Ok(roots)
    }

    /// Where in the text the field stands that answers under these keys, from the top; where the last of them is known,
    /// if not all are.
    pub fn place<'k>(&self, name: Option<&str>, keys: impl Iterator<Item = &'k str>) -> Option<Pos> {
        let mut sets = vec![&self.definition(name).ok()?.selection_set.node];
        let mut place = None;
        for key in keys {
            let fields = self.answering(key, sets);
            let Some(first) = fields.first() else { break };
            place = Some(first.pos);
            sets = fields.into_iter().map(|field| &field.node.selection_set.node).collect();
        }
        place
    }

    /// The fields of some selections that answer under a key, fragments followed.
    fn answering<'a>(&'a self, key: &str, mut sets: Vec<&'a SelectionSet>) -> Vec<&'a Positioned<Field>> {
        let (mut fields, mut spread) = (Vec::new(), HashSet::new());
        while let Some(set) = sets.pop() {
            for selection in &set.items {
                match &selection.node {
                    Selection::Field(field) if field.node.response_key().node == key => fields.push(field),
                    Selection::Field(_) => {}
                    Selection::InlineFragment(inline) => sets.push(&inline.node.selection_set.node),
                    Selection::FragmentSpread(one) => {
                        let name = &one.node.fragment_name.node;
                        if let Some(fragment) = self.document.fragments.get(name).filter(|_| spread.insert(name)) {
                            sets.push(&fragment.node.selection_set.node);
                        }
                    }
                }
            }
        }
        fields
    }
}

/// A field at the top of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Root<'a> {
    pub name: &'a str,
    /// What it is called in the answer.
    pub key: &'a str,
    /// Where in the text the first of its selections may stand; none where it selects nothing.
    pub selections_at: Option<usize>,
    arguments: &'a [(Positioned<Name>, Positioned<Argument>)],
}

impl<'a> Root<'a> {
    fn of(field: &'a Field, text: &str) -> Self {
        let set = &field.selection_set;
        let selections_at = (!set.node.items.is_empty()).then(|| after_brace(text, set.pos)).flatten();
        let (name, key) = (&field.name.node, &field.response_key().node);
        Self { name, key, selections_at, arguments: &field.arguments }
    }

    /// Whether an argument that is an object has a value under `member`, in the document or in these variables.
    pub fn is_given(&self, argument: &str, member: &str, variables: &Map<String, Value>) -> bool {
        let variable = |name: &Name| variables.get(name.as_str()).filter(|value| !value.is_null());
        let argument = self.arguments.iter().find(|(name, _)| name.node == argument);
        match argument.map(|(_, value)| &value.node) {
            Some(Argument::Variable(name)) => {
                variable(name).and_then(|object| object.get(member)).is_some_and(|value| !value.is_null())
            }
            Some(Argument::Object(object)) => match object.get(member) {
                None | Some(Argument::Null) => false,
                Some(Argument::Variable(name)) => variable(name).is_some(),
                Some(_written) => true,
            },
            _ => false,
        }
    }
}

/// The place after the brace at this position, as the parser counts: characters, and a return begins a line anew.
fn after_brace(text: &str, at: Pos) -> Option<usize> {
    let (mut line, mut column) = (1, 1);
    for (index, letter) in text.char_indices() {
        if (line, column) == (at.line, at.column) && letter == '{' {
            return Some(index + 1);
        }
        match letter {
            '\r' => column = 1,
            '\n' => (line, column) = (line + 1, 1),
            _ => column += 1,
        }
    }
    None
}

fn unknown(message: impl Into<String>) -> Refusal {
    Refusal::new(Code::BadRequest, message)
}

fn list<'a>(names: impl Iterator<Item = &'a Name>) -> String {
    let mut names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    names.sort();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::parse::parse;
    use super::*;

    fn admitted(document: &str) -> Admitted {
        let types = TypeSystem::parse("type Query { a: Int }").expect("a schema");
        Admitted::new(document.into(), parse(document).expect("parses"), types.into())
    }

    fn kind(document: &str, name: Option<&str>) -> Result<OperationType, String> {
        let admitted = admitted(document);
        admitted.operation(name).map_err(|refused| refused.message)
    }

    #[test]
    fn the_name_chooses_among_several() {
        let document = "query A { a } mutation B { b }";
        assert_eq!(kind(document, Some("A")), Ok(OperationType::Query));
        assert_eq!(kind(document, Some("B")), Ok(OperationType::Mutation));
        let refused = kind(document, None).expect_err("two to choose from");
        assert_eq!(refused, "Say which operation to run in `operationName`: `A`, `B`.");
        let refused = kind(document, Some("C")).expect_err("no C");
        assert_eq!(refused, "The document has no operation of that name. It has `A`, `B`.");
    }

    #[test]
    fn a_member_of_an_argument_is_given_in_the_document_or_in_a_variable() {
        let cases = [
            ("mutation { a(input: { key: \"k\" }) }", json!({}), true),
            ("mutation($k: ID!) { a(input: { key: $k }) }", json!({"k": "k"}), true),
            ("mutation($k: ID) { a(input: { key: $k }) }", json!({"k": null}), false),
            ("mutation($k: ID) { a(input: { key: $k }) }", json!({}), false),
            ("mutation($i: I!) { a(input: $i) }", json!({"i": {"key": "k"}}), true),
            ("mutation($i: I!) { a(input: $i) }", json!({"i": {"key": null}}), false),
            ("mutation($i: I!) { a(input: $i) }", json!({"i": {}}), false),
            ("mutation { a(input: { key: null }) }", json!({}), false),
            ("mutation { a(input: {}) }", json!({}), false),
            ("mutation { a(other: { key: \"k\" }) }", json!({}), false),
            ("mutation { a }", json!({}), false),
        ];
        for (document, variables, given) in cases {
            let admitted = admitted(document);
            let Value::Object(variables) = variables else { panic!("variables are an object") };
            let roots = admitted.roots(None).expect("one operation");
            assert_eq!(roots[0].is_given("input", "key", &variables), given, "{document} {variables:?}");
        }
    }

    #[test]
    fn a_single_operation_needs_no_name() {
        assert_eq!(kind("query A { a }", None), Ok(OperationType::Query));
        assert_eq!(kind("subscription { a }", None), Ok(OperationType::Subscription));
    }

    #[test]
    fn what_an_answer_says_of_a_path_is_found_in_the_document() {
        let admitted = admitted("{\n  a { b { c } ...F }\n}\nfragment F on T {\n  x: b { d }\n}");
        let place =
            |keys: &[&str]| admitted.place(None, keys.iter().copied()).map(|Pos { line, column }| (line, column));
        assert_eq!(place(&["a"]), Some((2, 3)));
        assert_eq!(place(&["a", "b", "c"]), Some((2, 11)));
        assert_eq!(place(&["a", "x", "d"]), Some((5, 10)));
        assert_eq!(place(&["a", "x", "none"]), Some((5, 3)), "as near as it is known");
        assert_eq!(place(&["none"]), None);
    }

    #[test]
    fn the_fields_at_the_top_are_found_with_where_their_selections_begin() {
        let document = "# \u{e9}\r\nmutation A { x: a(text: \"{ \u{1f600} {\") {\r b } ... on M { c } ...F }\nfragment F on M { d @e { f } }";
        let admitted = admitted(document);
        let roots = admitted.roots(None).expect("one operation");
        let told: Vec<_> = roots
            .iter()
            .map(|root| {
                (root.name, root.key, root.selections_at.map(|at| document[at..].trim_start().split(' ').next()))
            })
            .collect();
        assert_eq!(told, [("a", "x", Some(Some("b"))), ("d", "d", Some(Some("f"))), ("c", "c", None)]);
    }

    #[test]
    fn an_anonymous_operation_answers_to_no_name() {
        assert!(kind("{ a }", Some("A")).is_err());
    }
}
