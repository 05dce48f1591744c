//! A faulty operation is answered in the names that its sender knows.
//!
//! Whoever may not read the schema could guess it from what is said of mistakes: what was meant, what is missing, of which
//! type it should have been.

use std::collections::HashSet;

use serde_json::{Map, Value};

/// Named by the specification, so known to everybody.
const KNOWN: [&str; 8] = ["Query", "Mutation", "Subscription", "Int", "Float", "String", "Boolean", "ID"];

/// The names in a document and in its variables.
pub struct Names<'a>(HashSet<&'a str>);

impl<'a> Names<'a> {
    pub fn of(document: &'a str, variables: Option<&'a Map<String, Value>>) -> Self {
        let mut names: HashSet<_> = KNOWN.into_iter().chain(words(document)).collect();
        let mut left: Vec<&Value> = variables.iter().flat_map(|variables| variables.values()).collect();
        names.extend(variables.iter().flat_map(|variables| variables.keys()).flat_map(|key| words(key)));
        while let Some(value) = left.pop() {
            match value {
                Value::String(text) => names.extend(words(text)),
                Value::Array(values) => left.extend(values),
                Value::Object(object) => {
                    names.extend(object.keys().flat_map(|key| words(key)));
                    left.extend(object.values());
                }
                _ => {}
            }
        }
        Self(names)
    }

    /// The message without guesses, and without the quoted names that the operation does not hold.
    pub fn kept_in(&self, message: &str) -> String {
        let end = message.to_ascii_lowercase().find("did you mean").unwrap_or(message.len());
        let mut kept = String::with_capacity(end);
        let mut quote = None;
        let mut rest = message[..end].trim_end();
        while let Some(first) = rest.chars().next() {
            let length = rest.find(|letter| !is_of_a_word(letter)).unwrap_or(rest.len());
            if length == 0 {
                quote = match quote {
                    None if first == '"' || first == '`' => Some(first),
                    Some(open) if open == first => None,
                    still => still,
                };
                kept.push(first);
                rest = &rest[first.len_utf8()..];
                continue;
            }
            let (word, after) = rest.split_at(length);
            let is_name = word.starts_with(|letter: char| !letter.is_ascii_digit());
            kept.push_str(if quote.is_some() && is_name && !self.0.contains(word) { "…" } else { word });
            rest = after;
        }
        kept
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter| !is_of_a_word(letter)).filter(|word| !word.is_empty())
}

fn is_of_a_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(message: &str) -> String {
        let sent = r#"{ products { idd } add(input: {}) { id } x(sort: RELEVANC) } $i linez"#;
        Names::of(sent, None).kept_in(message)
    }

    #[test]
    fn a_stranger_learns_no_name_that_was_not_sent() {
        let told = [
            ("Cannot query field \"idd\" on type \"Query\".", "Cannot query field \"idd\" on type \"Query\"."),
            ("Cannot query field \"idd\" on type \"Product\".", "Cannot query field \"idd\" on type \"…\"."),
            ("Unknown field \"idd\" on type \"Product\". Did you mean \"id\"?", "Unknown field \"idd\" on type \"…\"."),
            (
                "Field \"AddInput.key\" of required type \"[String!]!\" was not provided.",
                "Field \"….…\" of required type \"[String!]!\" was not provided.",
            ),
            (
                "unknown field input value at `$i.linez` found for GraphQL type `AddInput!`",
                "unknown field input value at `$i.linez` found for GraphQL type `…!`",
            ),
            ("Value \"RELEVANC\" does not exist in \"Sort\" enum.", "Value \"RELEVANC\" does not exist in \"…\" enum."),
            ("missing input at `$i.lines[0].id`", "missing input at `$i.…[0].id`"),
        ];
        for (message, expected) in told {
            assert_eq!(kept(message), expected);
        }
    }

    #[test]
    fn words_outside_of_quotes_are_kept() {
        assert_eq!(
            kept("The document does not parse at line 3, column 1."),
            "The document does not parse at line 3, column 1."
        );
        assert_eq!(kept("Überraschung \"Straße\" …"), "Überraschung \"…ß…\" …");
    }
}
