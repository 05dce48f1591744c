//! What an operation asks for and what it makes of its variables: whether the fields are there, which variables it
//! declares, where they stand, and whether they fit there.

use std::collections::{BTreeSet, HashMap, HashSet};

use async_graphql::parser::types::{
    BaseType, Directive, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet, Type,
    VariableDefinition,
};
use async_graphql::{Name, Positioned};

use super::faults::Faults;
use super::place::{self, At};
use super::{Declared, Variable};
use crate::Refusal;
use crate::graphql::type_system::{Definition, TypeSystem, named};

/// Judges an operation once: its fields, its variables, and every value that it writes out. The rest of validation is left
/// to who runs it; what is of no known type is passed over.
pub fn judge(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    types: &TypeSystem,
) -> Result<Declared, Refusal> {
    let mut walk = Walk::new(document, types);
    for definition in &operation.variable_definitions {
        walk.faults.at(definition.pos);
        walk.declare(&definition.node);
    }
    let root = types.root(operation.ty).map(Name::as_str);
    walk.directives(&operation.directives);
    walk.set(&operation.selection_set.node, root);
    let Walk { mut faults, uses, nullable, .. } = walk;
    let mut variables = Vec::new();
    // What is wrong elsewhere may be why a variable is not used, or does not fit.
    let is_right = faults.none();
    for Positioned { pos, node: definition } in operation.variable_definitions.iter().filter(|_| is_right) {
        let name = &definition.name.node;
        faults.at(*pos);
        let Some(&uses) = uses.get(name.as_str()) else {
            let shown = place::brief(name);
            faults.add(|| {
                place::invalid(format!("The variable `${shown}` is never used. Take it out of the operation."))
            });
            continue;
        };
        let ty = definition.var_type.node.clone();
        let default = definition.default_value.as_ref().map(|value| {
            let written = super::json(value.node.clone());
            super::given::coerce(&written, &ty, At::Default(name), types, &mut faults)
        });
        variables.push(Variable { name: name.clone(), place: *pos, ty, default, uses });
    }
    faults.end()?;
    Ok(Declared { variables, nullable })
}

pub struct Walk<'a> {
    document: &'a ExecutableDocument,
    pub types: &'a TypeSystem,
    definitions: HashMap<&'a str, &'a VariableDefinition>,
    uses: HashMap<&'a str, usize>,
    fragments: HashSet<&'a str>,
    /// Variables that may be null and stand where null may not.
    nullable: BTreeSet<Name>,
    pub faults: Faults,
}

impl<'a> Walk<'a> {
    fn new(document: &'a ExecutableDocument, types: &'a TypeSystem) -> Self {
        Self {
            document,
            types,
            definitions: HashMap::new(),
            uses: HashMap::new(),
            fragments: HashSet::new(),
            nullable: BTreeSet::new(),
            faults: Faults::default(),
        }
    }

    fn declare(&mut self, definition: &'a VariableDefinition) {
        let (name, ty) = (definition.name.node.as_str(), &definition.var_type.node);
        let shown = place::brief(name);
        if self.definitions.insert(name, definition).is_some() {
            self.faults.add(|| place::invalid(format!("The variable `${shown}` is declared twice. Declare it once.")));
            return;
        }
        if !self.types.definition(named(ty)).is_some_and(|definition| definition.is_input()) {
            self.faults.add(|| {
                let ty = place::brief(&ty.to_string());
                place::invalid(format!(
                    "The variable `${shown}` is of type `{ty}`, which is no input type of this schema."
                ))
            });
            return;
        }
        if let Some(default) = &definition.default_value {
            let value = default.node.clone().into_value();
            let mut alone = Walk::new(self.document, self.types);
            alone.value(&value, ty, false, At::Default(name));
            self.faults.extend(alone.faults);
        }
        self.directives(&definition.directives);
    }

    fn set(&mut self, set: &'a SelectionSet, parent: Option<&'a str>) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => self.field(field, parent),
                Selection::InlineFragment(inline) => {
                    self.directives(&inline.node.directives);
                    let on = match &inline.node.type_condition {
                        Some(condition) => self.condition(&condition.node.on),
                        None => parent,
                    };
                    self.set(&inline.node.selection_set.node, on);
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.node.directives);
                    self.fragment(&spread.node.fragment_name);
                }
            }
        }
    }

    /// The type that a fragment is of; none where it has no fields to ask for.
    fn condition(&mut self, on: &'a Positioned<Name>) -> Option<&'a str> {
        let name = on.node.as_str();
        if self.types.definition(name).is_some_and(|definition| definition.is_composite()) {
            return Some(name);
        }
        let types = self.types.definitions().filter(|(_, definition)| definition.is_composite());
        self.faults.at(on.pos);
        self.faults.add(|| place::unknown_type(name, types.map(|(name, _)| name.as_str())));
        None
    }

    /// Once for each operation: what stands in a fragment does not depend on where it is spread.
    fn fragment(&mut self, name: &'a Positioned<Name>) {
        let Some(fragment) = self.document.fragments.get(&name.node) else {
            let known = self.document.fragments.keys();
            self.faults.at(name.pos);
            self.faults.add(|| place::unknown_fragment(&name.node, known.map(Name::as_str)));
            return;
        };
        if self.fragments.insert(name.node.as_str()) {
            self.directives(&fragment.node.directives);
            let on = self.condition(&fragment.node.type_condition.node.on);
            self.set(&fragment.node.selection_set.node, on);
        }
    }

    fn field(&mut self, Positioned { pos, node: field }: &'a Positioned<Field>, parent: Option<&'a str>) {
        let name = field.name.node.as_str();
        let known = parent.and_then(|parent| self.types.field(parent, name));
        if known.is_none()
            && let Some(parent) = parent
        {
            self.faults.at(*pos);
            self.unknown(name, parent);
        }
        for (Positioned { pos: named_at, node: argument }, value) in &field.arguments {
            let argument = argument.as_str();
            let at = At::Argument { name: argument, of: name };
            self.faults.at(value.pos);
            match known.map(|field| (field, field.arguments.get(argument))) {
                Some((_, Some(input))) => self.value(&value.node, &input.ty, input.default.is_some(), at),
                Some((field, None)) => {
                    let known = field.arguments.iter().map(|(name, _)| name.as_str());
                    self.faults.at(*named_at);
                    self.faults.add(|| place::unknown_argument(at, argument, known));
                    self.anything(&value.node, at);
                }
                None => self.anything(&value.node, at),
            }
        }
        self.directives(&field.directives);
        self.faults.at(*pos);
        let mut inner = None;
        if let Some(known) = known {
            for (argument, input) in known.arguments.iter().filter(|(_, input)| input.is_required()) {
                if !field.arguments.iter().any(|(given, _)| given.node == *argument) {
                    self.faults.add(|| place::lacking(At::Argument { name: argument, of: name }, &input.ty));
                }
            }
            inner = self.inside(field, &known.ty);
        }
        self.set(&field.selection_set.node, inner);
    }

    /// The type that a field's selections are asked of, where it has any.
    fn inside(&mut self, field: &'a Field, ty: &'a Type) -> Option<&'a str> {
        let inner = named(ty).as_str();
        let (is_composite, selects) =
            (self.types.definition(inner)?.is_composite(), !field.selection_set.node.items.is_empty());
        match (is_composite, selects) {
            (true, false) => self.faults.add(|| place::nothing_selected(&field.name.node, ty)),
            (false, true) => self.faults.add(|| place::selected_of_a_value(&field.name.node, ty)),
            _ => {}
        }
        is_composite.then_some(inner)
    }

    /// Says that a type has no such field.
    fn unknown(&mut self, name: &str, parent: &str) {
        let types = self.types;
        match types.definition(parent) {
            Some(Definition::Union { members }) => {
                self.faults.add(|| place::no_fragment(name, parent, members.iter().map(Name::as_str)));
            }
            Some(definition) => {
                let known = definition.fields().into_iter().flat_map(|fields| fields.keys().map(Name::as_str));
                self.faults.add(|| place::unknown_selection(name, parent, known));
            }
            None => {}
        }
    }

    fn directives(&mut self, directives: &'a [Positioned<Directive>]) {
        for directive in directives {
            let name = format!("@{}", directive.node.name.node);
            let known = self.types.directive(&directive.node.name.node);
            for (argument, value) in &directive.node.arguments {
                let at = At::Argument { name: argument.node.as_str(), of: &name };
                self.faults.at(value.pos);
                match known.and_then(|arguments| arguments.get(&argument.node)) {
                    Some(input) => self.value(&value.node, &input.ty, input.default.is_some(), at),
                    None => self.anything(&value.node, at),
                }
            }
        }
    }

    /// A variable at a place that takes this type, and does without where it has a default.
    pub fn variable(&mut self, name: &'a Name, place: Option<(&Type, bool)>, at: At<'_>) {
        let shown = place::brief(name);
        let Some(definition) = self.definitions.get(name.as_str()) else {
            self.faults.add(|| {
                place::invalid(format!("{at} is the variable `${shown}`, which the operation does not declare."))
            });
            return;
        };
        *self.uses.entry(name.as_str()).or_default() += 1;
        let Some((wanted, has_default)) = place else { return };
        let is = &definition.var_type.node;
        // Of a type that there is not, which is told where it is declared.
        if self.types.definition(named(is)).is_none() {
            return;
        }
        let never_null =
            definition.default_value.as_ref().is_some_and(|value| value.node != async_graphql::Value::Null);
        let fits = if !wanted.nullable && is.nullable {
            self.nullable.insert(name.clone());
            (never_null || has_default) && same(&is.base, &wanted.base)
        } else {
            compatible(is, wanted)
        };
        if !fits {
            self.faults.add(|| {
                place::invalid(format!("{at} takes `{wanted}`, and the variable `${shown}` is declared as `{is}`."))
            });
        }
    }
}

/// Whether every value of the one type is one of the other.
fn compatible(is: &Type, wanted: &Type) -> bool {
    (wanted.nullable || !is.nullable) && same(&is.base, &wanted.base)
}

fn same(is: &BaseType, wanted: &BaseType) -> bool {
    match (is, wanted) {
        (BaseType::List(is), BaseType::List(wanted)) => compatible(is, wanted),
        (BaseType::Named(is), BaseType::Named(wanted)) => is == wanted,
        _ => false,
    }
}
