//! Values of a type, as documents write them and as JSON has them; most right, and one in a request may be wrong.

use async_graphql::parser::types::{BaseType, Type};
use kit::graphql::type_system::{Definition, InputValues};
use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::{Map, Value, json};

use super::generator::{Making, item_of};

pub const TEXTS: [&str; 8] =
    ["", "a", "two words", "\"quoted\\\"", "line\nend\ttab", "\u{e9}\u{df}", "\u{1f600}!", "\u{7f}\u{1}$x"];

/// A string of a document: with every character escaped that can be, in braces, as a block, or as JSON has it.
pub fn quoted(text: &str, form: u32) -> String {
    let units = |character: char| {
        let mut units = [0; 2];
        character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>()
    };
    let escaped = |each: &dyn Fn(char) -> String| format!("\"{}\"", text.chars().map(each).collect::<String>());
    let plain = text.chars().all(|character| !character.is_control() && character != '\\' && character != '"');
    match form {
        0 => escaped(&units),
        1 => escaped(&|character| format!("\\u{{{:X}}}", u32::from(character))),
        2 if plain && !text.is_empty() => format!("\"\"\"{text}\"\"\""),
        _ => Value::from(text).to_string(),
    }
}

impl Making<'_> {
    /// A value in a document without a variable in it.
    pub fn constant(&mut self, ty: &Type) -> String {
        self.written(ty, false)
    }

    /// A value in a document. What is inside of it may be a variable.
    pub fn literal(&mut self, ty: &Type) -> String {
        self.written(ty, true)
    }

    fn inner(&mut self, ty: &Type, has_default: bool, variables: bool) -> String {
        if variables { self.value(ty, has_default) } else { self.written(ty, false) }
    }

    fn written(&mut self, ty: &Type, variables: bool) -> String {
        if ty.nullable && self.chance(0.15) {
            self.kinds.insert("a null written out");
            return "null".to_owned();
        }
        if !ty.nullable && self.fault(0.03, "wrong: null written out") {
            return "null".to_owned();
        }
        if let Some(item) = item_of(ty) {
            if self.chance(0.25) && item_of(item).is_none() {
                self.kinds.insert("one for a list");
                return self.written(&Type { nullable: false, ..item.clone() }, variables);
            }
            let many = self.rng.random_range(0..3);
            let items: Vec<_> = (0..many).map(|_| self.inner(item, false, variables)).collect();
            return format!("[{}]", items.join(", "));
        }
        let BaseType::Named(name) = &ty.base else { unreachable!("lists are done") };
        match self.types.definition(name) {
            Some(Definition::InputObject { fields, .. }) => self.written_object(fields, variables),
            Some(Definition::Enum { values }) => {
                self.kinds.insert("an enum");
                if self.fault(0.05, "wrong: an enum written out") {
                    return ["\"BOOK\"", "UNHEARD_OF", "1", "true"].choose(&mut self.rng).expect("some").to_string();
                }
                values.choose(&mut self.rng).expect("an enum has values").to_string()
            }
            _ => self.written_scalar(name),
        }
    }

    fn written_scalar(&mut self, name: &str) -> String {
        if self.fault(0.05, "wrong: a scalar written out") {
            let wrong: &[&str] = match name {
                "Int" => &["1.0", "\"1\"", "true", "3000000000", "ONE", "{ a: 1 }"],
                "Float" => &["\"1\"", "true", "ONE"],
                "Boolean" => &["1", "\"true\"", "YES"],
                "ID" => &["1.5", "true", "ONE"],
                _ => &["1", "true", "ONE", "{ a: 1 }"],
            };
            if name != "JSON" {
                return wrong.choose(&mut self.rng).expect("some").to_string();
            }
        }
        match name {
            "Int" => self.rng.random_range(-3..7).to_string(),
            "Float" => ["1", "-0.25", "1.5e2", "3.0"].choose(&mut self.rng).expect("some").to_string(),
            "Boolean" => self.chance(0.5).to_string(),
            "ID" => if self.chance(0.5) { "3" } else { "\"4\"" }.to_owned(),
            "JSON" => {
                ["{ a: [1, \"b\"], c: null }", "7", "\"x\"", "[true]"].choose(&mut self.rng).expect("some").to_string()
            }
            _ => self.text(),
        }
    }

    fn written_object(&mut self, fields: &InputValues, variables: bool) -> String {
        self.kinds.insert("an input object written out");
        let mut given = Vec::new();
        for (name, field) in fields.iter() {
            // Fields of its own type seldom, or there is no end.
            let deep = matches!(name.as_str(), "and" | "nested");
            let left_out = if field.is_required() {
                self.fault(0.03, "wrong: a missing field written out")
            } else {
                self.chance(if deep { 0.9 } else { 0.6 })
            };
            if !left_out {
                let value = self.inner(&field.ty, field.default.is_some(), variables);
                given.push(format!("{name}: {value}"));
            }
        }
        if self.fault(0.03, "wrong: an unknown field written out") {
            given.push("unheardOf: 1".to_owned());
        }
        format!("{{{}}}", given.join(", "))
    }

    /// A value as a client sends it.
    pub fn sent_value(&mut self, ty: &Type) -> Value {
        if ty.nullable && self.chance(0.15) {
            return Value::Null;
        }
        if !ty.nullable && self.fault(0.03, "wrong: null sent") {
            return Value::Null;
        }
        if let Some(item) = item_of(ty) {
            if self.chance(0.25) {
                self.kinds.insert("one for a list");
                return self.sent_value(&Type { nullable: false, ..item.clone() });
            }
            let many = self.rng.random_range(0..3);
            return (0..many).map(|_| self.sent_value(item)).collect();
        }
        let BaseType::Named(name) = &ty.base else { unreachable!("lists are done") };
        match self.types.definition(name) {
            Some(Definition::InputObject { fields, .. }) => self.sent_object(fields),
            Some(Definition::Enum { values }) => {
                self.kinds.insert("an enum");
                if self.fault(0.08, "wrong: an enum sent") {
                    return [json!("UNHEARD_OF"), json!("book"), json!(1)].choose(&mut self.rng).expect("some").clone();
                }
                json!(values.choose(&mut self.rng).expect("an enum has values"))
            }
            _ => self.sent_scalar(name),
        }
    }

    fn sent_scalar(&mut self, name: &str) -> Value {
        if name != "JSON" && self.fault(0.08, "wrong: a scalar sent") {
            let wrong = match name {
                "Int" => vec![json!(1.5), json!("1"), json!(true), json!(3_000_000_000_i64), json!([1]), json!({})],
                "Float" => vec![json!("1"), json!(true)],
                "Boolean" => vec![json!(1), json!("true")],
                "ID" => vec![json!(1.5), json!(true), json!({})],
                _ => vec![json!(1), json!(true), json!(["a"])],
            };
            return wrong.choose(&mut self.rng).expect("some").clone();
        }
        match name {
            "Int" => {
                let int = self.rng.random_range(-3..7);
                if self.chance(0.2) {
                    self.kinds.insert("1.0 for an Int");
                    return json!(f64::from(int));
                }
                json!(int)
            }
            "Float" => [json!(1), json!(-0.25), json!(150.0)].choose(&mut self.rng).expect("some").clone(),
            "Boolean" => json!(self.chance(0.5)),
            "ID" => {
                let id = self.rng.random_range(0..8);
                self.kinds.insert("an id");
                if self.chance(0.4) { json!(id) } else { json!(id.to_string()) }
            }
            "JSON" => {
                [json!({ "a": [1, "b"], "c": null }), json!(7), json!("x")].choose(&mut self.rng).expect("some").clone()
            }
            _ => json!(TEXTS.choose(&mut self.rng).expect("some")),
        }
    }

    fn sent_object(&mut self, fields: &InputValues) -> Value {
        self.kinds.insert("an input object sent");
        let mut given = Map::new();
        for (name, field) in fields.iter() {
            let deep = matches!(name.as_str(), "and" | "nested");
            let left_out = if field.is_required() {
                self.fault(0.05, "wrong: a missing field sent")
            } else {
                self.chance(if deep { 0.85 } else { 0.6 })
            };
            if !left_out {
                given.insert(name.to_string(), self.sent_value(&field.ty));
            }
        }
        if self.fault(0.05, "wrong: an unknown field sent") {
            given.insert("unheardOf".to_owned(), json!(1));
        }
        Value::Object(given)
    }
}
