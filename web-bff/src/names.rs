//! A faulty operation is answered in the names that its sender knows.
//!
//! Whoever may not read the schema could guess it from what is said of mistakes: what was meant, what is missing, of which
//! type it should have been.

use std::collections::HashSet;

use serde_json::{Map, Value};

/// Named by the specification, so known to everybody.
const KNOWN: [&str; 8] = ["Query", "Mutation", "Subscription", "Int", "Float", "String", "Boolean", "ID"];

/// What ends or begins a quoted name.
const QUOTES: [char; 2] = ['"', '`'];

/// The names in a document and in its variables.
pub struct Names<'a> {
    sent: HashSet<&'a str>,
    /// Whether what was sent holds quotes that a message may repeat. Then nobody can tell which are the message's own.
    quoting: bool,
}

impl<'a> Names<'a> {
    pub fn of(document: &'a str, variables: Option<&'a Map<String, Value>>) -> Self {
        let mut texts: Vec<&str> = Vec::new();
        let mut left: Vec<&Value> = variables.iter().flat_map(|variables| variables.values()).collect();
        texts.extend(variables.iter().flat_map(|variables| variables.keys()).map(String::as_str));
        while let Some(value) = left.pop() {
            match value {
                Value::String(text) => texts.push(text),
                Value::Array(values) => left.extend(values),
                Value::Object(object) => {
                    texts.extend(object.keys().map(String::as_str));
                    left.extend(object.values());
                }
                _ => {}
            }
        }
        let quoting = may_write_quotes(document) || texts.iter().any(|text| text.contains(QUOTES));
        let sent = KNOWN.into_iter().chain(words(document)).chain(texts.into_iter().flat_map(words)).collect();
        Self { sent, quoting }
    }

    /// The message without guesses, and without the quoted names that the operation does not hold. Where it is not certain
    /// what is quoted, everything from the first quote on is taken to be.
    pub fn kept_in(&self, message: &str) -> String {
        let end = message.to_ascii_lowercase().find("did you mean").unwrap_or(message.len());
        let (kept, balanced) = self.kept(&message[..end], false);
        if balanced && !self.quoting { kept } else { self.kept(&message[..end], true).0 }
    }

    /// Also whether each quote was ended.
    fn kept(&self, message: &str, to_the_end: bool) -> (String, bool) {
        let mut kept = String::with_capacity(message.len());
        let mut quote = None;
        let mut rest = message.trim_end();
        while let Some(first) = rest.chars().next() {
            let length = rest.find(|letter| !is_of_a_word(letter)).unwrap_or(rest.len());
            if length == 0 {
                quote = match quote {
                    None if QUOTES.contains(&first) => Some(first),
                    Some(open) if open == first && !to_the_end => None,
                    still => still,
                };
                kept.push(first);
                rest = &rest[first.len_utf8()..];
                continue;
            }
            let (word, after) = rest.split_at(length);
            let is_name = word.starts_with(|letter: char| !letter.is_ascii_digit());
            kept.push_str(if quote.is_some() && is_name && !self.sent.contains(word) { "…" } else { word });
            rest = after;
        }
        (kept, quote.is_none())
    }
}

/// Whether a text in a document may hold a quote: as it is, escaped, or in a text of three.
fn may_write_quotes(document: &str) -> bool {
    document.contains(['`', '\\']) || document.contains("\"\"\"")
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

    /// What the texts in these variables come to in a message, and what may be learnt of it.
    #[test]
    fn no_text_of_the_senders_turns_quoted_names_into_words() {
        const SECRET: [&str; 4] = ["AddInput", "Sort", "lines", "NEWEST"];
        let said = |text: &str| {
            [
                format!("The variable `$i` has a field `{text}`, which `AddInput` has not. It has `lines`, `key`."),
                format!("The variable `$i` takes `Sort` and got \"{text}\". Give it one of `NEWEST`, `OLDEST`."),
                format!("Variable \"$i\" got invalid value \"{text}\" at \"{text}\"; field \"lines\" of \"AddInput\"."),
            ]
        };
        let texts =
            ["x`1", "x\"1", "`", "\"", "``", "a`b`c", "`\"", "\"`", "x`\"y\"`", "x` and `\"", "x\\`", "x\\\"", "…`é\""];
        let mut cases = 0;
        for text in texts {
            let written = text.replace('\\', "\\\\").replace('"', "\\\"");
            let sent = [
                ("query($i: I) { x(i: $i) }".to_owned(), serde_json::json!({ "i": { text: 1 } })),
                ("query($i: I) { x(i: $i) }".to_owned(), serde_json::json!({ "i": [{ "sort": [text] }] })),
                ("query($i: I) { x(i: $i) }".to_owned(), serde_json::json!({ text: 1 })),
                (format!("{{ x(i: \"{written}\") }}"), serde_json::json!({})),
                (format!("{{ x(i: \"\"\"{}\"\"\") }}", text.trim_matches('"')), serde_json::json!({})),
                (written.chars().map(|letter| format!("\\u{:04x}", letter as u32)).collect(), serde_json::json!({})),
            ];
            for ((document, variables), message) in sent.iter().flat_map(|sent| said(text).map(|said| (sent, said))) {
                let kept = Names::of(document, variables.as_object()).kept_in(&message);
                assert!(SECRET.iter().all(|name| !kept.contains(name)), "{document} {variables}: {kept}");
                cases += 1;
            }
        }
        assert_eq!(cases, texts.len() * 6 * 3);
    }

    #[test]
    fn a_quote_without_an_end_hides_all_that_follows() {
        assert_eq!(kept("A field `idd`1`, which `AddInput` has not."), "A field `idd`1`, … `…` … ….");
    }

    #[test]
    fn a_text_in_a_document_leaves_a_message_readable() {
        let names = Names::of("{ x(sort: \"a\") }", None);
        let said = "The argument `sort` of `x` takes `Sort` and got a string.";
        assert_eq!(names.kept_in(said), "The argument `sort` of `x` takes `…` and got a string.");
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
