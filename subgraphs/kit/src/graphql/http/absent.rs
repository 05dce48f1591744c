//! Nulls where a field failed. The library leaves a failed field out of its object, makes null of an object of which
//! nothing is left, and lets null stand where the schema promises a value. Clients look for a null at the field, or at
//! the nearest field around it that may be null.

use async_graphql::parser::types::{ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet, Type};
use async_graphql::{Name, PathSegment, Response, Value};

use crate::graphql::type_system::{TypeSystem, item, named};

/// What was asked, by which an answer is judged.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub document: &'a ExecutableDocument,
    pub operation: &'a OperationDefinition,
    pub types: &'a TypeSystem,
}

pub fn fill(response: &mut Response, asked: Asked<'_>) {
    let Response { errors, data, .. } = response;
    let at_a_field = errors.iter().map(|error| error.path.as_slice()).filter(|path| !path.is_empty());
    // The error's own place, or the nearest around it that takes null.
    let place =
        |path: &'_ [PathSegment]| asked.nullable(path).iter().rposition(|nullable| *nullable).map_or(0, |at| at + 1);
    let (alone, around): (Vec<_>, Vec<_>) =
        at_a_field.map(|path| (path, &path[..place(path)])).partition(|(path, nulled)| path.len() == nulled.len());
    around.iter().for_each(|(_, nulled)| put_null(data, nulled));
    for (path, _) in alone {
        if !around.iter().any(|(_, nulled)| path.starts_with(nulled)) {
            put_null(data, path);
        }
    }
}

fn put_null(mut value: &mut Value, path: &[PathSegment]) {
    for (at, segment) in path.iter().enumerate() {
        let last = at + 1 == path.len();
        value = match segment {
            PathSegment::Field(name) => {
                if *value == Value::Null && last {
                    // All its fields have failed, and each may be null.
                    *value = Value::Object(Default::default());
                }
                let Value::Object(object) = value else { return };
                if last {
                    object.insert(Name::new(name), Value::Null);
                    return;
                }
                let Some(inner) = object.get_mut(name.as_str()) else { return };
                inner
            }
            PathSegment::Index(index) => {
                let Value::List(list) = value else { return };
                let Some(inner) = list.get_mut(*index) else { return };
                inner
            }
        };
    }
    *value = Value::Null;
}

impl<'a> Asked<'a> {
    /// Whether what stands at each step of the path may be null. What the schema does not know may.
    fn nullable(&self, path: &[PathSegment]) -> Vec<bool> {
        let root = self.types.root(self.operation.ty).map(Name::as_str);
        let mut sets = vec![(&self.operation.selection_set.node, root)];
        let mut ty: Option<&Type> = None;
        let mut steps = Vec::with_capacity(path.len());
        for segment in path {
            match segment {
                PathSegment::Index(_) => ty = ty.and_then(item),
                PathSegment::Field(key) => {
                    let mut fields = Vec::new();
                    sets.iter().for_each(|(set, parent)| self.find(key, set, *parent, &mut fields));
                    let known = |(field, parent): &(&'a Field, Option<&'a str>)| {
                        parent.and_then(|parent| self.types.field(parent, &field.name.node))
                    };
                    ty = fields.iter().find_map(known).map(|field| &field.ty);
                    let inner = ty.map(|ty| named(ty).as_str());
                    sets = fields.into_iter().map(|(field, _)| (&field.selection_set.node, inner)).collect();
                }
            }
            steps.push(ty.is_none_or(|ty| ty.nullable));
        }
        steps
    }

    /// The fields of a set that answer under a key, fragments followed, each with the type that it is asked of.
    fn find(
        &self,
        key: &str,
        set: &'a SelectionSet,
        parent: Option<&'a str>,
        fields: &mut Vec<(&'a Field, Option<&'a str>)>,
    ) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    if field.node.response_key().node == key {
                        fields.push((&field.node, parent));
                    }
                }
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref().map(|condition| condition.node.on.node.as_str());
                    self.find(key, &inline.node.selection_set.node, on.or(parent), fields);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                        let on = fragment.node.type_condition.node.on.node.as_str();
                        self.find(key, &fragment.node.selection_set.node, Some(on), fields);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use async_graphql::{ServerError, value};

    use super::*;

    const SDL: &str =
        "type Query { items: [Item!] sure: Item! } type Item { id: ID! name: String inner: Item kept: Item! }";

    fn filled(data: Value, paths: &[Value]) -> Value {
        let query = "{ items { id ...F } other: items { name } sure { id name } }
            fragment F on Item { name inner { id name kept { id } } kept { id } }";
        let document = parse_query(query).expect("parses");
        let types = TypeSystem::parse(SDL).expect("a schema");
        let (_, operation) = document.operations.iter().next().expect("an operation");
        let error = |path: &Value| {
            let Value::List(path) = path else { panic!("a list") };
            let segment = |segment: &Value| match segment {
                Value::String(name) => PathSegment::Field(name.clone()),
                Value::Number(at) => PathSegment::Index(at.as_u64().expect("an index") as usize),
                _ => panic!("a segment"),
            };
            ServerError::new("failed", None).with_path(path.iter().map(segment).collect())
        };
        let mut response = Response::new(data);
        response.errors = paths.iter().map(error).collect();
        fill(&mut response, Asked { document: &document, operation: &operation.node, types: &types });
        response.data
    }

    #[test]
    fn a_failed_field_is_null_also_inside_lists() {
        let data = value!({ "items": [{ "id": 1 }, { "id": 2 }] });
        let is = filled(data, &[value!(["items", 1, "name"])]);
        assert_eq!(is, value!({ "items": [{ "id": 1 }, { "id": 2, "name": null }] }));
    }

    #[test]
    fn what_may_not_be_null_takes_along_what_is_around_it() {
        let data = || value!({ "items": [{ "id": 1, "inner": { "id": 2 } }], "other": [{ "name": "a" }] });
        let is = filled(data(), &[value!(["items", 0, "inner", "kept", "id"])]);
        assert_eq!(is, value!({ "items": [{ "id": 1, "inner": null }], "other": [{ "name": "a" }] }));
        let is = filled(data(), &[value!(["items", 0, "kept", "id"]), value!(["items", 0, "name"])]);
        assert_eq!(is, value!({ "items": null, "other": [{ "name": "a" }] }));
        let is = filled(data(), &[value!(["items", 0, "inner", "name"]), value!(["items", 0, "inner", "kept"])]);
        assert_eq!(is, value!({ "items": [{ "id": 1, "inner": null }], "other": [{ "name": "a" }] }));
        assert_eq!(filled(data(), &[value!(["sure"]), value!(["items"])]), Value::Null);
    }

    #[test]
    fn an_object_whose_fields_have_all_failed_is_still_there() {
        let is =
            filled(value!({ "items": [{ "id": 1, "inner": null }, null] }), &[value!(["items", 0, "inner", "name"])]);
        assert_eq!(is, value!({ "items": [{ "id": 1, "inner": { "name": null } }, null] }));
    }

    #[test]
    fn a_field_that_failed_in_part_is_as_it_was() {
        let data = value!({ "items": [{ "id": 1, "name": null }] });
        assert_eq!(filled(data.clone(), &[value!(["items", 0, "name"])]), data);
        assert_eq!(filled(Value::Null, &[value!(["items"])]), value!({ "items": null }));
    }
}
