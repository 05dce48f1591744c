use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use async_graphql::Name;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection,
};

use super::cost::{Costs, Expression};
use crate::{Code, Refused};

/// A document that fits the limits, parsed.
#[derive(Debug)]
pub struct Admitted {
    text: Arc<str>,
    document: ExecutableDocument,
    /// Of each operation by its name; empty where nothing says what anything costs.
    costs: Vec<(Option<Name>, Expression)>,
}

impl Admitted {
    pub(super) fn new(text: Arc<str>, document: ExecutableDocument) -> Self {
        Self { text, document, costs: Vec::new() }
    }

    pub(super) fn with_costs(mut self, costs: &Costs) -> Self {
        let operations = self.document.operations.iter();
        self.costs = operations.map(|(name, one)| (name.cloned(), costs.of(&self.document, &one.node))).collect();
        self
    }

    /// What the operation costs that a request with this `operationName` means.
    pub(super) fn cost(&self, name: Option<&str>) -> Result<Option<&Expression>, Refused> {
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

    /// Whether the request reads, writes or subscribes.
    pub fn operation(&self, name: Option<&str>) -> Result<OperationType, Refused> {
        self.definition(name).map(|definition| definition.ty)
    }

    /// The operation that a request with this `operationName` means.
    pub fn definition(&self, name: Option<&str>) -> Result<&OperationDefinition, Refused> {
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

    /// The names of the fields at the top of that operation, fragments followed. The fragments go round in no circle: the
    /// document was let in.
    pub fn root_fields(&self, name: Option<&str>) -> Result<BTreeSet<&str>, Refused> {
        let mut sets = vec![&self.definition(name)?.selection_set.node];
        let (mut fields, mut spread) = (BTreeSet::new(), HashSet::new());
        while let Some(set) = sets.pop() {
            for selection in &set.items {
                match &selection.node {
                    Selection::Field(field) => {
                        fields.insert(field.node.name.node.as_str());
                    }
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
        Ok(fields)
    }
}

fn unknown(message: impl Into<String>) -> Refused {
    Refused::new(Code::BadRequest, message)
}

fn list<'a>(names: impl Iterator<Item = &'a Name>) -> String {
    let mut names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    names.sort();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    fn kind(document: &str, name: Option<&str>) -> Result<OperationType, String> {
        let admitted = Admitted::new(document.into(), parse(document).expect("parses"));
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
    fn a_single_operation_needs_no_name() {
        assert_eq!(kind("query A { a }", None), Ok(OperationType::Query));
        assert_eq!(kind("subscription { a }", None), Ok(OperationType::Subscription));
    }

    #[test]
    fn an_anonymous_operation_answers_to_no_name() {
        assert!(kind("{ a }", Some("A")).is_err());
    }
}
