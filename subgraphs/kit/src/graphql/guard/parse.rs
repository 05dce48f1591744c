use async_graphql::parser::types::ExecutableDocument;
use async_graphql::parser::{Error, parse_query};

use crate::{Code, Refusal};

/// Parses text that the lexer has let through.
pub fn parse(query: &str) -> Result<ExecutableDocument, Refusal> {
    parse_query(query).map_err(|error| Refusal::new(Code::GraphqlParseFailed, say(&error)))
}

fn say(error: &Error) -> String {
    match error {
        Error::Syntax { message, start, .. } => {
            // The parser draws the offending line, however long. Its last line alone says what it expected.
            let expected = message.lines().last().unwrap_or_default().trim_start_matches([' ', '=']);
            format!("The document does not parse at line {}, column {}: {expected}.", start.line, start.column)
        }
        Error::MultipleOperations { .. } => {
            "The document has an anonymous operation beside others. Name each of them.".to_owned()
        }
        Error::MissingOperation => "The document has only fragments. Add the operation that spreads them.".to_owned(),
        other => format!("The document does not parse: {other}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_where_and_what_in_one_line() {
        let refused = parse("{\n  a(\n}").expect_err("no argument");
        assert_eq!(refused.code, Code::GraphqlParseFailed);
        assert_eq!(refused.message, "The document does not parse at line 3, column 1: expected name.");
    }

    #[test]
    fn a_refusal_does_not_echo_the_document() {
        let refused = parse(&format!("{{ a {} ! }}", "b ".repeat(5_000))).expect_err("a stray bang");
        assert!(refused.message.len() < 200, "{}", refused.message);
    }
}
