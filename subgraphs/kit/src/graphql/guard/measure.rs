//! What an operation asks for with its fragments expanded, computed without expanding them.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, Field, Selection, SelectionSet};

use super::limits::Limits;
use crate::{Code, Refusal};

/// Fields of `__Type` that lead from one type to many. Nested, each multiplies the answer by the size of the schema.
const TYPE_LISTS: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];

/// Refuses a document with an operation that asks for too much, or with fragments that go round in circles.
pub fn within(document: &ExecutableDocument, limits: &Limits) -> Result<(), Refusal> {
    let operations = document.operations.iter().count();
    limit("has", operations, limits.operations, "operations")?;
    let mut measuring = Measuring { document, limits, fragments: HashMap::new() };
    // The validator walks every definition, used or not. The sum keeps that walk short.
    let mut whole = 0_usize;
    for (_, operation) in document.operations.iter() {
        let mut size = measuring.set(&operation.node.selection_set.node, 1)?;
        size.directives = size.directives.saturating_add(operation.node.directives.len());
        for variable in &operation.node.variable_definitions {
            size.directives = size.directives.saturating_add(variable.node.directives.len());
        }
        size.within(limits)?;
        whole = whole.saturating_add(size.selections);
    }
    for name in document.fragments.keys() {
        whole = whole.saturating_add(measuring.fragment(name.as_str(), 1)?.selections);
    }
    limit("selects", whole, limits.selections.saturating_mul(limits.operations), "fields and fragments in all")
}

fn limit(verb: &str, is: usize, most: usize, what: &str) -> Result<(), Refusal> {
    if is <= most {
        return Ok(());
    }
    let message =
        format!("The document {verb} {is} {what}; at most {most} fit in one request. Ask for less, or in several.");
    Err(Refusal::new(Code::TooComplex, message))
}

/// An answer repeats an alias for each item of a list.
const LONGEST_ALIAS: usize = 100;

#[derive(Clone, Copy, Default)]
struct Size {
    selections: usize,
    depth: usize,
    /// Selection sets inside one another, fragments followed.
    levels: usize,
    aliases: usize,
    directives: usize,
    /// Fields at this level.
    breadth: usize,
    /// How often a type list stands inside another.
    type_lists: usize,
    /// Fields at this level that stand alone where they are root fields.
    alone: usize,
}

impl Size {
    /// This size and a neighbour's.
    fn beside(self, other: Self) -> Self {
        Self {
            selections: self.selections.saturating_add(other.selections),
            depth: self.depth.max(other.depth),
            levels: self.levels.max(other.levels),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
            breadth: self.breadth.saturating_add(other.breadth),
            type_lists: self.type_lists.max(other.type_lists),
            alone: self.alone.saturating_add(other.alone),
        }
    }

    fn within(&self, limits: &Limits) -> Result<(), Refusal> {
        limit("nests", self.depth, limits.depth, "levels of fields")?;
        limit("has", self.breadth, limits.root_fields, "root fields")?;
        if self.alone > 1 {
            let message = format!(
                "The operation has {} root fields of a kind that fits once in a request. Send each in a request of its own.",
                self.alone
            );
            return Err(Refusal::new(Code::TooComplex, message));
        }
        limit("has", self.aliases, limits.aliases, "aliases, fragments expanded")?;
        limit("has", self.directives, limits.directives, "directives, fragments expanded")?;
        limit("selects", self.selections, limits.selections, "fields and fragments, fragments expanded")
    }
}

enum Fragment {
    Open,
    Measured(Size),
}

struct Measuring<'a> {
    document: &'a ExecutableDocument,
    limits: &'a Limits,
    fragments: HashMap<&'a str, Fragment>,
}

impl<'a> Measuring<'a> {
    fn set(&mut self, set: &'a SelectionSet, level: usize) -> Result<Size, Refusal> {
        self.nesting(level)?;
        let mut whole = Size::default();
        for selection in &set.items {
            let size = match &selection.node {
                Selection::Field(field) => self.field(&field.node, level)?,
                Selection::InlineFragment(inline) => self.set(&inline.node.selection_set.node, level + 1)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node, level + 1)?,
            };
            let own = Size { selections: 1, directives: selection.node.directives().len(), ..Size::default() };
            whole = whole.beside(own).beside(size);
        }
        whole.levels = whole.levels.saturating_add(1);
        Ok(whole)
    }

    /// Keeps this walk, and each later one, from overflowing the stack.
    fn nesting(&self, levels: usize) -> Result<(), Refusal> {
        limit("nests", levels, self.limits.nesting, "levels of selections and fragments")
    }

    /// A field without the selection that it is, which the set counts.
    fn field(&mut self, field: &'a Field, level: usize) -> Result<Size, Refusal> {
        let inner = &field.selection_set.node;
        let mut size = if inner.items.is_empty() { Size::default() } else { self.set(inner, level + 1)? };
        let name = field.name.node.as_str();
        if TYPE_LISTS.contains(&name) {
            size.type_lists += 1;
        }
        if matches!(name, "__schema" | "__type") && size.type_lists > 1 {
            let message = format!(
                "The introspection in `{name}` asks for the types of the fields of types. Ask for one level of {}.",
                TYPE_LISTS.map(|list| format!("`{list}`")).join(", ")
            );
            return Err(Refusal::new(Code::TooComplex, message));
        }
        if let Some(alias) = field.alias.as_ref().filter(|alias| alias.node.len() > LONGEST_ALIAS) {
            let told: String = alias.node.chars().take(20).collect();
            let message = format!(
                "The alias `{told}…` is longer than {LONGEST_ALIAS} letters. An answer repeats it: choose a shorter one."
            );
            return Err(Refusal::new(Code::TooComplex, message));
        }
        size.depth = size.depth.saturating_add(1);
        size.aliases = size.aliases.saturating_add(usize::from(field.alias.is_some()));
        size.breadth = 1;
        size.alone = usize::from(self.limits.alone.iter().any(|alone| alone == name));
        Ok(size)
    }

    /// A fragment that is not there measures nothing: validation names it.
    fn fragment(&mut self, name: &'a str, level: usize) -> Result<Size, Refusal> {
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
            return Ok(Size::default());
        };
        match self.fragments.get(name.as_str()) {
            Some(&Fragment::Measured(size)) => {
                self.nesting(level.saturating_add(size.levels).saturating_sub(1))?;
                return Ok(size);
            }
            Some(Fragment::Open) => {
                let message = format!("The fragment `{name}` spreads itself. Break the circle.");
                return Err(Refusal::new(Code::GraphqlValidationFailed, message));
            }
            None => {}
        }
        self.fragments.insert(name.as_str(), Fragment::Open);
        let mut size = self.set(&fragment.node.selection_set.node, level)?;
        size.directives = size.directives.saturating_add(fragment.node.directives.len());
        self.fragments.insert(name.as_str(), Fragment::Measured(size));
        Ok(size)
    }
}
