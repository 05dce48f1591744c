//! What a request asks for, before anything is made of it.

use axum::extract::Query;
use axum::http::Uri;
use serde_json::{Map, Value};

use crate::{Code, Refusal};

/// The parameters of a request, well-formed and not judged yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    pub query: Option<String>,
    /// Names a document that the server holds, in place of `query`.
    pub document_id: Option<String>,
    pub operation_name: Option<String>,
    pub variables: Map<String, Value>,
    pub extensions: Map<String, Value>,
}

impl Asked {
    /// From the body of a POST. Of a key that stands there twice, the last counts.
    pub fn from_json(body: &[u8], nesting: usize) -> Result<Self, Refusal> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(parameters)) => Self::from_parameters(parameters, nesting),
            Ok(Value::Array(_)) => Err(bad(
                "Batches are not taken: send one request for each operation, or several root fields in one operation.",
            )),
            Ok(_) => Err(bad("The body must be a JSON object with `query`.")),
            Err(error) => Err(bad(format!("The body is not JSON: {error}."))),
        }
    }

    /// From the query string of a GET.
    pub fn from_uri(uri: &Uri, nesting: usize) -> Result<Self, Refusal> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|error| bad(format!("The query string is malformed: {error}.")))?;
        let mut parameters = Map::new();
        for (key, text) in pairs {
            if text.is_empty() {
                continue;
            }
            let value = match key.as_str() {
                "variables" | "extensions" => serde_json::from_str(&text)
                    .map_err(|error| bad(format!("`{key}` in the query string is not JSON: {error}.")))?,
                _ => Value::String(text),
            };
            parameters.insert(key, value);
        }
        Self::from_parameters(parameters, nesting)
    }

    fn from_parameters(mut parameters: Map<String, Value>, nesting: usize) -> Result<Self, Refusal> {
        Ok(Self {
            query: text(&mut parameters, "query")?,
            document_id: text(&mut parameters, "documentId")?,
            operation_name: text(&mut parameters, "operationName")?.filter(|name| !name.is_empty()),
            variables: object(&mut parameters, "variables", nesting)?,
            extensions: object(&mut parameters, "extensions", nesting)?,
        })
    }
}

fn bad(message: impl Into<String>) -> Refusal {
    Refusal::new(Code::BadRequest, message)
}

fn text(parameters: &mut Map<String, Value>, name: &str) -> Result<Option<String>, Refusal> {
    match parameters.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(bad(format!("`{name}` must be a string."))),
    }
}

fn object(parameters: &mut Map<String, Value>, name: &str, nesting: usize) -> Result<Map<String, Value>, Refusal> {
    match parameters.remove(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(object)) if fits(&object, nesting) => Ok(object),
        Some(Value::Object(_)) => {
            let message = format!("`{name}` nests more than {nesting} lists and objects. Ask for fewer levels.");
            Err(Refusal::new(Code::TooComplex, message))
        }
        Some(_) => Err(bad(format!("`{name}` must be a JSON object."))),
    }
}

fn fits(object: &Map<String, Value>, levels: usize) -> bool {
    levels > 0 && object.values().all(|value| value_fits(value, levels - 1))
}

fn value_fits(value: &Value, levels: usize) -> bool {
    match value {
        Value::Object(object) => fits(object, levels),
        Value::Array(list) => levels > 0 && list.iter().all(|value| value_fits(value, levels - 1)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posted(body: &str) -> Result<Asked, String> {
        Asked::from_json(body.as_bytes(), 4).map_err(|refused| refused.message)
    }

    #[test]
    fn of_a_key_given_twice_the_last_counts() {
        let asked = posted(r#"{"query": "{ a }", "query": "{ b }"}"#).expect("well-formed");
        assert_eq!(asked.query.as_deref(), Some("{ b }"));
    }

    #[test]
    fn null_and_empty_are_absent() {
        let body = r#"{"query": "{ a }", "operationName": "", "variables": null, "extensions": null, "more": 1}"#;
        assert_eq!(posted(body), Ok(Asked { query: Some("{ a }".into()), ..Asked::default() }));
        let uri = "/graphql?query=%7B+a+%7D&operationName=&variables=&extensions=null".parse().expect("a uri");
        assert_eq!(Asked::from_uri(&uri, 4), Ok(Asked { query: Some("{ a }".into()), ..Asked::default() }));
    }

    #[test]
    fn a_refusal_names_the_parameter() {
        for name in ["variables", "extensions"] {
            assert_eq!(posted(&format!(r#"{{"{name}": []}}"#)), Err(format!("`{name}` must be a JSON object.")));
        }
        for name in ["query", "operationName", "documentId"] {
            assert_eq!(posted(&format!(r#"{{"{name}": 1}}"#)), Err(format!("`{name}` must be a string.")));
        }
    }

    #[test]
    fn variables_nest_only_so_deep() {
        assert!(posted(r#"{"variables": {"a": [[{"b": 1}]]}}"#).is_ok());
        assert!(posted(r#"{"variables": {"a": [[{"b": []}]]}}"#).is_err());
        let bottomless = format!(r#"{{"variables": {{"a": {}"#, "[".repeat(50_000));
        assert!(posted(&bottomless).expect_err("no end").starts_with("The body is not JSON: recursion limit"));
    }
}
