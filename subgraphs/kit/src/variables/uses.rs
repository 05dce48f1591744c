//! What an operation makes of its variables: which it declares, where they stand, and whether they fit there.

use std::collections::{BTreeSet, HashMap, HashSet};

use async_graphql::parser::types::{
    BaseType, Directive, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet, Type,
    VariableDefinition,
};
use async_graphql::{Name, Positioned};

use super::place::{self, At};
use super::{Declared, Variable};
use crate::Refused;
use crate::type_system::{TypeSystem, named};

/// Judges an operation once: its variables, and every value that it writes out. The rest of validation is left to who
/// runs it; what is of no known type is passed over.
pub fn judge(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    types: &TypeSystem,
) -> Result<Declared, Refused> {
    let mut walk = Walk {
        document,
        types,
        definitions: HashMap::new(),
        uses: HashMap::new(),
        fragments: HashSet::new(),
        nullable: BTreeSet::new(),
    };
    for definition in &operation.variable_definitions {
        walk.declare(&definition.node).map_err(|refused| refused.at(definition.pos))?;
    }
    let root = types.root(operation.ty).map(Name::as_str);
    walk.directives(&operation.directives)?;
    walk.set(&operation.selection_set.node, root)?;
    let mut variables = Vec::new();
    for Positioned { pos, node: definition } in &operation.variable_definitions {
        let name = &definition.name.node;
        let Some(&uses) = walk.uses.get(name.as_str()) else {
            let message =
                format!("The variable `${}` is never used. Take it out of the operation.", place::brief(name));
            return Err(place::invalid(message).at(*pos));
        };
        let ty = definition.var_type.node.clone();
        let default = match &definition.default_value {
            Some(value) => Some(super::given::coerce(super::json(value.node.clone()), &ty, At::Default(name), types)?),
            None => None,
        };
        variables.push(Variable { name: name.clone(), ty, default, uses });
    }
    Ok(Declared { variables, nullable: walk.nullable })
}

pub struct Walk<'a> {
    document: &'a ExecutableDocument,
    pub types: &'a TypeSystem,
    definitions: HashMap<&'a str, &'a VariableDefinition>,
    uses: HashMap<&'a str, usize>,
    fragments: HashSet<&'a str>,
    /// Variables that may be null and stand where null may not.
    nullable: BTreeSet<Name>,
}

impl<'a> Walk<'a> {
    fn declare(&mut self, definition: &'a VariableDefinition) -> Result<(), Refused> {
        let (name, ty) = (definition.name.node.as_str(), &definition.var_type.node);
        let shown = place::brief(name);
        if !self.types.definition(named(ty)).is_some_and(|definition| definition.is_input()) {
            let ty = place::brief(&ty.to_string());
            let message = format!("The variable `${shown}` is of type `{ty}`, which is no input type of this schema.");
            return Err(place::invalid(message));
        }
        if self.definitions.insert(name, definition).is_some() {
            return Err(place::invalid(format!("The variable `${shown}` is declared twice. Declare it once.")));
        }
        if let Some(default) = &definition.default_value {
            let value = default.node.clone().into_value();
            let mut alone = Walk {
                document: self.document,
                types: self.types,
                definitions: HashMap::new(),
                uses: HashMap::new(),
                fragments: HashSet::new(),
                nullable: BTreeSet::new(),
            };
            alone.value(&value, ty, false, At::Default(name))?;
        }
        self.directives(&definition.directives)
    }

    fn set(&mut self, set: &'a SelectionSet, parent: Option<&'a str>) -> Result<(), Refused> {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => self.field(&field.node, parent)?,
                Selection::InlineFragment(inline) => {
                    self.directives(&inline.node.directives)?;
                    let condition = inline.node.type_condition.as_ref();
                    let on = condition.map(|condition| condition.node.on.node.as_str()).or(parent);
                    self.set(&inline.node.selection_set.node, on)?;
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.node.directives)?;
                    self.fragment(&spread.node.fragment_name.node)?;
                }
            }
        }
        Ok(())
    }

    /// Once for each operation: what stands in a fragment does not depend on where it is spread.
    fn fragment(&mut self, name: &'a Name) -> Result<(), Refused> {
        match self.document.fragments.get(name) {
            Some(fragment) if self.fragments.insert(name.as_str()) => {
                self.directives(&fragment.node.directives)?;
                self.set(&fragment.node.selection_set.node, Some(fragment.node.type_condition.node.on.node.as_str()))
            }
            _ => Ok(()),
        }
    }

    fn field(&mut self, field: &'a Field, parent: Option<&'a str>) -> Result<(), Refused> {
        let name = field.name.node.as_str();
        let known = parent.and_then(|parent| self.types.field(parent, name));
        for (argument, value) in &field.arguments {
            let argument = argument.node.as_str();
            let at = At::Argument { name: argument, of: name };
            let judged = match known.map(|field| field.arguments.get(argument)) {
                Some(Some(input)) => self.value(&value.node, &input.ty, input.default.is_some(), at),
                Some(None) => Err(place::invalid(format!("{at} is none that `{}` takes.", place::brief(name)))),
                None => self.anything(&value.node, at),
            };
            judged.map_err(|refused| refused.at(value.pos))?;
        }
        self.directives(&field.directives)?;
        self.set(&field.selection_set.node, known.map(|field| named(&field.ty).as_str()))
    }

    fn directives(&mut self, directives: &'a [Positioned<Directive>]) -> Result<(), Refused> {
        for directive in directives {
            let name = format!("@{}", directive.node.name.node);
            let known = self.types.directive(&directive.node.name.node);
            for (argument, value) in &directive.node.arguments {
                let at = At::Argument { name: argument.node.as_str(), of: &name };
                let judged = match known.and_then(|arguments| arguments.get(&argument.node)) {
                    Some(input) => self.value(&value.node, &input.ty, input.default.is_some(), at),
                    None => self.anything(&value.node, at),
                };
                judged.map_err(|refused| refused.at(value.pos))?;
            }
        }
        Ok(())
    }

    /// A variable at a place that takes this type, and does without where it has a default.
    pub fn variable(&mut self, name: &'a Name, place: Option<(&Type, bool)>, at: At<'_>) -> Result<(), Refused> {
        let shown = place::brief(name);
        let Some(definition) = self.definitions.get(name.as_str()) else {
            return Err(place::invalid(format!(
                "{at} is the variable `${shown}`, which the operation does not declare."
            )));
        };
        *self.uses.entry(name.as_str()).or_default() += 1;
        let Some((wanted, has_default)) = place else { return Ok(()) };
        let is = &definition.var_type.node;
        let never_null =
            definition.default_value.as_ref().is_some_and(|value| value.node != async_graphql::Value::Null);
        let fits = if !wanted.nullable && is.nullable {
            self.nullable.insert(name.clone());
            (never_null || has_default) && same(&is.base, &wanted.base)
        } else {
            compatible(is, wanted)
        };
        if fits {
            return Ok(());
        }
        Err(place::invalid(format!("{at} takes `{wanted}`, and the variable `${shown}` is declared as `{is}`.")))
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
