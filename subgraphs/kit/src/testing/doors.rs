//! Every door of a schema that takes text, and texts that nobody should get through one.
//!
//! Doors are found in the schema itself, so that one which is added tomorrow is walked tomorrow.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::{ObjectType, Schema, SubscriptionType};
use serde_json::{Map, Value, json};

use super::{execute, rows};
use crate::Db;

/// A place in an operation where a client may put a text.
#[derive(Clone, Debug)]
pub struct Door {
    /// `Mutation.noteAdd.input.title`
    pub path: String,
    pub document: String,
    pub variables: Value,
    /// Where the text stands in the variables.
    pub pointer: String,
}

/// What stands around each of [`HOSTILE`], to know again what has been kept of it.
const BEFORE: &str = "zq7x";
const BEHIND: &str = "zq8x";

/// What does not belong into a text of one line: controls, line breaks, what nobody sees, what turns text around, what
/// has no meaning, and too much.
pub const HOSTILE: [&str; 24] = [
    "\0",
    "\u{1}",
    "\u{8}",
    "\t",
    "\n",
    "\r\n",
    "\u{b}",
    "\u{c}",
    "\u{1b}[31m",
    "\u{7f}",
    "\u{85}",
    "\u{9f}",
    "\u{200b}",
    "\u{feff}",
    "\u{3164}",
    "\u{ad}",
    "\u{2028}",
    "\u{2029}",
    "\u{202e}",
    "\u{2066}",
    "\u{e000}",
    "\u{ffff}",
    "\u{e0041}",
    "\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
];

/// What a text that was cleaned may hold in its place, as it stands in a row or in JSON in a row.
const CLEAN: [&str; 4] = ["", " ", "\n", "\\n"];

/// The doors of a schema. `sample` gives the value at a path, or None for one of the type's own; `nested` are operations
/// for the arguments of fields that are no roots: the path of the argument, the document, the rest of its variables. The
/// text is its variable `text`. One that is missing is a panic, and so is one too many.
pub async fn doors<Q, M, S>(
    schema: &Schema<Q, M, S>,
    sample: &dyn Fn(&str) -> Option<Value>,
    nested: &[(&str, &str, Value)],
) -> Vec<Door>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    let told = execute(schema, INTROSPECTION).await;
    let types = Types::read(&told);
    let mut doors = Vec::new();
    for root in ["Query", "Mutation"] {
        for field in types.fields(root) {
            doors.extend(types.doors_of(root, field, sample));
        }
    }
    let wanted = types.nested_texts();
    let given: BTreeSet<String> = nested.iter().map(|(path, ..)| (*path).to_owned()).collect();
    assert_eq!(wanted, given, "the arguments of nested fields that take text, and the operations to walk them with");
    for (path, document, variables) in nested {
        let (path, document) = ((*path).to_owned(), (*document).to_owned());
        doors.push(Door { path, document, variables: variables.clone(), pointer: "/text".to_owned() });
    }
    assert!(!doors.is_empty(), "a schema without a door that takes text");
    doors
}

/// Tries every hostile text at every door, and says how many times. What a client got wrong is never a fault.
pub async fn walk(doors: &[Door], ask: impl AsyncFn(&str, Value) -> Value) -> usize {
    let mut tried = 0;
    for door in doors {
        for hostile in HOSTILE {
            for text in [format!("{BEFORE}{hostile}{BEHIND}"), hostile.to_owned(), format!("{hostile}{BEFORE}{BEHIND}")]
            {
                let mut variables = door.variables.clone();
                *place(&mut variables, &door.pointer) = Value::from(text.as_str());
                let answer = ask(&door.document, variables).await;
                let errors = answer["errors"].as_array().cloned().unwrap_or_default();
                for error in errors {
                    let code = error["extensions"]["code"].as_str().unwrap_or_default();
                    let fault = matches!(code, "INTERNAL" | "UNAVAILABLE");
                    assert!(!fault, "{} breaks at {}: {error}", door.path, text.escape_unicode());
                }
                tried += 1;
            }
        }
    }
    tried
}

/// That no table holds a hostile text as it came.
pub async fn nothing_hostile_is_kept(db: &Db) {
    for row in rows(db).await {
        for behind in row.split(BEFORE).skip(1) {
            let clean =
                CLEAN.iter().any(|clean| behind.strip_prefix(clean).is_some_and(|rest| rest.starts_with(BEHIND)));
            assert!(clean, "kept: {}", row.escape_debug());
        }
        assert!(!row.contains(['\0', '\u{202e}', '\u{200b}', '\u{3164}', '\u{e000}']), "kept: {}", row.escape_debug());
        assert!(!row.contains("\\u0000"), "kept: {}", row.escape_debug());
    }
}

fn place<'a>(variables: &'a mut Value, pointer: &str) -> &'a mut Value {
    variables.pointer_mut(pointer).unwrap_or_else(|| panic!("the variables have nothing at {pointer}"))
}

const INTROSPECTION: &str = "{ __schema { types { kind name \
    fields(includeDeprecated: true) { name args { ...input } type { ...ref } } inputFields { ...input } enumValues { name } } } } \
    fragment input on __InputValue { name defaultValue type { ...ref } } \
    fragment ref on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }";

struct Types(BTreeMap<String, Value>);

impl Types {
    fn read(told: &Value) -> Self {
        let types = told["data"]["__schema"]["types"].as_array().unwrap_or_else(|| panic!("no types: {told}"));
        Self(types.iter().map(|one| (named(one), one.clone())).collect())
    }

    fn fields(&self, name: &str) -> impl Iterator<Item = &Value> {
        let fields = self.0.get(name).and_then(|one| one["fields"].as_array());
        fields.into_iter().flatten().filter(|field| !named(field).starts_with('_'))
    }

    fn doors_of(&self, root: &str, field: &Value, sample: &dyn Fn(&str) -> Option<Value>) -> Vec<Door> {
        let path = format!("{root}.{}", named(field));
        let arguments: Vec<&Value> = field["args"].as_array().into_iter().flatten().collect();
        let (mut variables, mut leaves) = (Map::new(), Vec::new());
        for argument in &arguments {
            let name = named(argument);
            let value =
                self.value(&argument["type"], &format!("{path}.{name}"), &format!("/{name}"), sample, &mut leaves);
            variables.insert(name, value);
        }
        let document = self.document(root, field, &arguments);
        let door = |(path, pointer): (String, String)| {
            // Of two arguments that exclude each other, the door's own is given.
            let mut variables = Value::Object(variables.clone());
            let own = pointer.split('/').nth(1).unwrap_or_default().to_owned();
            if let Some(all) = variables.as_object_mut().filter(|_| root == "Query") {
                all.retain(|name, _| *name == own || arguments.iter().any(|one| named(one) == *name && is_needed(one)));
            }
            Door { path, document: document.clone(), variables, pointer }
        };
        leaves.into_iter().map(door).collect()
    }

    fn document(&self, root: &str, field: &Value, arguments: &[&Value]) -> String {
        let join = |of: &dyn Fn(&Value) -> String| arguments.iter().map(|one| of(one)).collect::<Vec<_>>().join(", ");
        let declared = join(&|one| format!("${}: {}", named(one), written(&one["type"])));
        let passed = join(&|one| format!("{0}: ${0}", named(one)));
        let result = self.0.get(&core(&field["type"]));
        let selection = match result.map(|one| (one["kind"].as_str().unwrap_or_default(), one)) {
            Some(("OBJECT", one)) if self.fields(&named(one)).any(|field| named(field) == "userErrors") => {
                "{ __typename userErrors { code message path } }"
            }
            Some(("OBJECT" | "INTERFACE" | "UNION", _)) => "{ __typename }",
            _ => "",
        };
        format!("{}({declared}) {{ {}({passed}) {selection} }}", root.to_lowercase(), named(field))
    }

    /// A value of a type, and where the texts in it stand.
    fn value(
        &self,
        of: &Value,
        path: &str,
        pointer: &str,
        sample: &dyn Fn(&str) -> Option<Value>,
        leaves: &mut Vec<(String, String)>,
    ) -> Value {
        match of["kind"].as_str().unwrap_or_default() {
            "NON_NULL" => return self.value(&of["ofType"], path, pointer, sample, leaves),
            "LIST" => {
                return json!([self.value(&of["ofType"], path, &format!("{pointer}/0"), sample, leaves)]);
            }
            _ => {}
        }
        let name = named(of);
        if matches!(name.as_str(), "String" | "ID") {
            leaves.push((path.to_owned(), pointer.to_owned()));
        }
        let kind = &self.0[&name];
        if let Some(fields) = kind["inputFields"].as_array() {
            let mut object = Map::new();
            for field in fields {
                let key = named(field);
                let (path, pointer) = (format!("{path}.{key}"), format!("{pointer}/{key}"));
                object.insert(key, self.value(&field["type"], &path, &pointer, sample, leaves));
            }
            return Value::Object(object);
        }
        if let Some(value) = sample(path) {
            return value;
        }
        let first_of_enum =
            kind["enumValues"].as_array().and_then(|values| values.first()).map(|value| value["name"].clone());
        match name.as_str() {
            "String" | "ID" => json!("text"),
            "Int" | "Float" => json!(1),
            "Boolean" => json!(false),
            _ => first_of_enum.unwrap_or_else(|| panic!("give a sample of {name} for {path}")),
        }
    }

    /// The texts in arguments of fields that are no roots.
    fn nested_texts(&self) -> BTreeSet<String> {
        let objects =
            self.0.iter().filter(|(name, one)| one["kind"] == "OBJECT" && !is_root(name) && !name.starts_with('_'));
        let mut leaves = Vec::new();
        for (name, _) in objects {
            for field in self.fields(name) {
                for argument in field["args"].as_array().into_iter().flatten() {
                    let path = format!("{name}.{}.{}", named(field), named(argument));
                    self.value(&argument["type"], &path, "", &|_| Some(Value::Null), &mut leaves);
                }
            }
        }
        leaves.into_iter().map(|(path, _)| path).collect()
    }
}

fn is_root(name: &str) -> bool {
    matches!(name, "Query" | "Mutation" | "Subscription")
}

fn is_needed(argument: &Value) -> bool {
    argument["type"]["kind"] == "NON_NULL" && argument["defaultValue"].is_null()
}

fn named(one: &Value) -> String {
    one["name"].as_str().unwrap_or_default().to_owned()
}

/// The name of a type without lists and exclamation marks.
fn core(of: &Value) -> String {
    if of["ofType"].is_object() { core(&of["ofType"]) } else { named(of) }
}

/// A type as a document writes it.
fn written(of: &Value) -> String {
    match of["kind"].as_str().unwrap_or_default() {
        "NON_NULL" => format!("{}!", written(&of["ofType"])),
        "LIST" => format!("[{}]", written(&of["ofType"])),
        _ => named(of),
    }
}
