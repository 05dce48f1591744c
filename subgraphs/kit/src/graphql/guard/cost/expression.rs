use async_graphql::Name;
use serde_json::{Map, Value};

/// What an operation costs, as far as its variables are not known.
#[derive(Clone, Debug)]
pub struct Expression(pub(super) Vec<Node>);

/// A field of the operation with what is selected of it.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub name: Name,
    /// What it costs by itself.
    pub weight: u64,
    /// All hold, or the field is left out.
    pub conditions: Vec<Condition>,
    /// What it is given to work on.
    pub given: Given,
    /// How many rows are read for it.
    pub rows: Size,
    /// How many items it has; `None` where it is no list.
    pub items: Option<Size>,
    pub below: Vec<Node>,
    /// The cost, where no variable is in it. Then `below` is empty.
    pub fixed: Option<u64>,
}

/// A variable that `@include` wants true, or `@skip` false.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub variable: Name,
    pub wanted: bool,
    /// What the variable stands for where it is not given.
    pub default: Option<bool>,
}

/// How many items stand in the lists of a field's arguments: somebody has to look at each.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    /// In the document.
    pub written: u64,
    /// In these variables.
    pub variables: Vec<Name>,
}

#[derive(Clone, Debug)]
pub(super) enum Size {
    Fixed(u64),
    /// A number of items, or a list of as many.
    Variable {
        name: Name,
        /// Where the variable is not given.
        default: u64,
        most: u64,
    },
}

impl Expression {
    pub fn cost(&self, variables: &Map<String, Value>) -> u64 {
        sum(&self.0, variables)
    }

    /// How much of it has to be evaluated each time.
    pub fn nodes(&self) -> usize {
        self.0.iter().map(Node::nodes).sum()
    }

    /// Sums up all that no variable changes.
    pub(super) fn fold(&mut self) {
        self.0.iter_mut().for_each(Node::fold);
        fold_neighbours(&mut self.0);
    }

    /// The path of the list in which most of the cost lies, or of the root field where there is none.
    pub(super) fn costliest(&self, variables: &Map<String, Value>) -> Vec<&str> {
        let (mut path, mut told) = (Vec::new(), 1);
        let mut nodes = &self.0;
        while let Some(dearest) = nodes.iter().max_by_key(|node| node.cost(variables)) {
            path.push(dearest.name.as_str());
            if dearest.items.is_some() {
                told = path.len();
            }
            nodes = &dearest.below;
        }
        path.truncate(told);
        path
    }
}

fn sum(nodes: &[Node], variables: &Map<String, Value>) -> u64 {
    nodes.iter().fold(0, |sum, node| sum.saturating_add(node.cost(variables)))
}

/// Makes one of all neighbours whose cost is known.
fn fold_neighbours(nodes: &mut Vec<Node>) {
    let known = |node: &mut Node| node.fixed.is_some();
    let mut folded = nodes.extract_if(.., known);
    let Some(mut first) = folded.next() else { return };
    for other in folded {
        first.fixed = first.fixed.zip(other.fixed).map(|(one, other)| one.saturating_add(other));
    }
    nodes.push(first);
}

impl Node {
    fn cost(&self, variables: &Map<String, Value>) -> u64 {
        if let Some(fixed) = self.fixed {
            return fixed;
        }
        if !self.conditions.iter().all(|condition| condition.holds(variables)) {
            return 0;
        }
        let below = sum(&self.below, variables);
        let below = match &self.items {
            // An item costs something even if it is a plain value.
            Some(items) => items.given(variables).saturating_mul(below.max(1)),
            None => below,
        };
        let own = self.weight.saturating_add(self.given.items(variables)).saturating_add(self.rows.given(variables));
        below.saturating_add(own)
    }

    fn fold(&mut self) {
        self.below.iter_mut().for_each(Self::fold);
        fold_neighbours(&mut self.below);
        let known = self.conditions.is_empty()
            && self.rows.is_fixed()
            && self.given.variables.is_empty()
            && self.items.as_ref().is_none_or(Size::is_fixed)
            && self.below.iter().all(|node| node.fixed.is_some());
        if known {
            self.fixed = Some(self.cost(&Map::new()));
            self.below = Vec::new();
        }
    }

    fn nodes(&self) -> usize {
        self.below.iter().map(Self::nodes).sum::<usize>() + 1
    }
}

impl Condition {
    /// Where nobody can tell, the field counts.
    fn holds(&self, variables: &Map<String, Value>) -> bool {
        let given = variables.get(self.variable.as_str()).and_then(Value::as_bool);
        given.or(self.default).is_none_or(|value| value == self.wanted)
    }
}

impl Given {
    fn items(&self, variables: &Map<String, Value>) -> u64 {
        let items = self.variables.iter().filter_map(|name| variables.get(name.as_str())).map(items);
        items.fold(self.written, u64::saturating_add)
    }
}

/// How many items stand in the lists of a value.
fn items(value: &Value) -> u64 {
    match value {
        Value::Array(list) => list.iter().map(|item| items(item).max(1)).sum(),
        Value::Object(fields) => fields.values().map(items).sum(),
        _ => 0,
    }
}

impl Size {
    fn is_fixed(&self) -> bool {
        matches!(self, Self::Fixed(_))
    }

    fn given(&self, variables: &Map<String, Value>) -> u64 {
        match self {
            Self::Fixed(size) => *size,
            Self::Variable { name, default, most } => match variables.get(name.as_str()) {
                None => *default,
                Some(Value::Array(list)) => (list.len() as u64).min(*most),
                Some(Value::Number(number)) => asked(number.as_f64(), *most),
                Some(_) => *most,
            },
        }
    }
}

/// What a number asks for. Less than one row is refused where it is read, and more than the most is too.
pub(super) fn asked(number: Option<f64>, most: u64) -> u64 {
    match number {
        Some(number) if number < 1.0 => 1,
        // `as` saturates.
        Some(number) => (number.ceil() as u64).min(most),
        None => most,
    }
}
