//! Lists in conditions, in few lengths.

use sea_orm::sea_query::SimpleExpr;
use sea_orm::{ColumnTrait, Value};

/// A condition that a column's value is one of many.
pub trait Among: ColumnTrait {
    /// Whether the value is one of these; never, where there are none.
    ///
    /// Each length of a list is a statement of its own, which the engine has to understand, plan and keep. So a list is
    /// made as long as the next power of two, with its last value once more: of lists up to 500 there are ten.
    fn among<V: Into<Value>>(&self, values: impl IntoIterator<Item = V>) -> SimpleExpr {
        let mut values: Vec<Value> = values.into_iter().map(Into::into).collect();
        if let Some(last) = values.last().cloned() {
            values.resize(values.len().next_power_of_two(), last);
        }
        self.is_in(values)
    }
}

impl<C: ColumnTrait> Among for C {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sea_orm::{DbBackend, EntityTrait, QueryFilter, QueryTrait};

    use super::*;
    use crate::messaging::testing::outbox_row::{Column, Entity};

    fn statement(count: usize) -> String {
        let ids = (0..count).map(|number| number.to_string());
        Entity::find().filter(Column::Id.among(ids)).build(DbBackend::Postgres).sql
    }

    #[test]
    fn lists_of_up_to_five_hundred_are_ten_statements() {
        let statements: BTreeSet<String> = (1..=500).map(statement).collect();
        assert_eq!(statements.len(), 10);
    }

    #[test]
    fn a_list_holds_its_values_and_no_other() {
        let built = Entity::find().filter(Column::Id.among(["a", "b", "c"])).build(DbBackend::Postgres);
        let values = built.values.expect("values").0;
        assert_eq!(values, ["a", "b", "c", "c"].map(Value::from));
    }
}
