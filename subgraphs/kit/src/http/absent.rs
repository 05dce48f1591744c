//! Nulls where a field failed. The library leaves a failed field out of its object, and clients look for a null there.

use async_graphql::{Name, PathSegment, ServerError, Value};

pub fn fill(data: &mut Value, errors: &[ServerError]) {
    for error in errors {
        if let Some((PathSegment::Field(name), above)) = error.path.split_last()
            && let Some(Value::Object(object)) = find(data, above)
        {
            object.entry(Name::new(name)).or_insert(Value::Null);
        }
    }
}

fn find<'a>(mut value: &'a mut Value, path: &[PathSegment]) -> Option<&'a mut Value> {
    for segment in path {
        value = match (value, segment) {
            (Value::Object(object), PathSegment::Field(name)) => object.get_mut(name.as_str())?,
            (Value::List(list), PathSegment::Index(at)) => list.get_mut(*at)?,
            _ => return None,
        };
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::*;

    fn filled(mut data: Value, path: &[PathSegment]) -> Value {
        let error = ServerError::new("failed", None).with_path(path.to_vec());
        fill(&mut data, &[error]);
        data
    }

    #[test]
    fn a_failed_field_is_null_also_inside_lists() {
        let path = ["items", "name"].map(|name| PathSegment::Field(name.into()));
        let path = [path[0].clone(), PathSegment::Index(1), path[1].clone()];
        let data = value!({ "items": [{ "id": 1 }, { "id": 2 }] });
        assert_eq!(filled(data, &path), value!({ "items": [{ "id": 1 }, { "id": 2, "name": null }] }));
    }

    #[test]
    fn what_is_there_stays() {
        let path = [PathSegment::Field("a".into())];
        assert_eq!(filled(value!({ "a": 1 }), &path), value!({ "a": 1 }));
        assert_eq!(filled(Value::Null, &path), Value::Null);
        assert_eq!(filled(value!([1]), &path), value!([1]));
    }
}
