//! Counts tokens and brackets before any parser sees the text: one pass, no recursion, no allocation.

use std::ops::Range;

use super::limits::Limits;
use crate::{Code, Refusal};

/// Refuses text that has too many tokens or nests too deep for the parser, which recurses once for each bracket.
pub fn scan(text: &str, limits: &Limits) -> Result<(), Refusal> {
    let bytes = text.as_bytes();
    let (mut at, mut tokens, mut nesting) = (0, 0_usize, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        let next = match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b',' => at + 1,
            b'#' => end_of(bytes, at, |byte| byte != b'\n' && byte != b'\r'),
            _ => {
                tokens += 1;
                if tokens > limits.tokens {
                    return Err(too_many_tokens(limits));
                }
                match byte {
                    b'(' | b'[' | b'{' => nesting += 1,
                    b')' | b']' | b'}' => nesting = nesting.saturating_sub(1),
                    _ => {}
                }
                if nesting > limits.nesting {
                    return Err(too_nested(limits));
                }
                end_of_token(text, at).ok_or_else(|| unfinished_string(text, at))?
            }
        };
        at = next;
    }
    Ok(())
}

/// Where the strings are, block strings left out, in a text that [`scan`] let through.
pub fn strings(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(&byte) = bytes.get(at) {
            let start = at;
            at = match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b',' => at + 1,
                b'#' => end_of(bytes, at, |byte| byte != b'\n' && byte != b'\r'),
                _ => end_of_token(text, at)?,
            };
            if byte == b'"' && !bytes[start..].starts_with(br#"""""#) {
                return Some(start..at);
            }
        }
        None
    })
}

fn end_of_token(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    match bytes[at] {
        b'"' if bytes[at..].starts_with(br#"""""#) => end_of_block_string(bytes, at + 3),
        b'"' => end_of_string(bytes, at + 1),
        b'.' if bytes[at..].starts_with(b"...") => Some(at + 3),
        b'-' | b'0'..=b'9' => Some(end_of(bytes, at, |byte| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte))),
        byte if byte.is_ascii_alphabetic() || byte == b'_' => {
            Some(end_of(bytes, at, |byte| byte.is_ascii_alphanumeric() || byte == b'_'))
        }
        // A punctuator, or a byte that no document has: the parser will say so.
        _ => Some(at + 1),
    }
}

fn end_of(bytes: &[u8], at: usize, belongs: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(at + 1..).unwrap_or_default();
    at + 1 + rest.iter().position(|&byte| !belongs(byte)).unwrap_or(rest.len())
}

fn end_of_string(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            b'\n' | b'\r' => return None,
            _ => at += 1,
        }
    }
}

fn end_of_block_string(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at)? {
            b'"' if bytes[at..].starts_with(br#"""""#) => return Some(at + 3),
            b'\\' if bytes[at..].starts_with(br#"\""""#) => at += 4,
            _ => at += 1,
        }
    }
}

fn too_many_tokens(limits: &Limits) -> Refusal {
    let message = format!("The document has more than {} tokens. Ask for less, or in several requests.", limits.tokens);
    Refusal::new(Code::TooComplex, message)
}

fn too_nested(limits: &Limits) -> Refusal {
    let message = format!("The document nests more than {} brackets. Ask for fewer levels.", limits.nesting);
    Refusal::new(Code::TooComplex, message)
}

fn unfinished_string(text: &str, at: usize) -> Refusal {
    let line = text.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
    Refusal::new(Code::GraphqlParseFailed, format!("The string that begins on line {line} does not end."))
}

#[cfg(test)]
mod tests {
    use super::super::hostile::{INTROSPECTION, limits};
    use super::*;

    fn tokens(text: &str) -> usize {
        (0..).find(|&tokens| scan(text, &Limits { tokens, ..limits() }).is_ok()).expect("some number is enough")
    }

    #[test]
    fn a_token_is_a_name_a_number_a_string_or_a_punctuator() {
        assert_eq!(
            tokens("query Q($n: Int! = -1.5e+3) { a: b(s: \"x\\\" }\", t: \"\"\"{ \\\"\"\" {\"\"\") @c ...F }"),
            28
        );
        assert_eq!(tokens(",,, \t\r\n # { [ (\n\r# (\r"), 0);
    }

    #[test]
    fn tokens_are_as_many_as_graphql_js_counts() {
        assert_eq!(tokens(INTROSPECTION), 184);
    }

    #[test]
    fn brackets_inside_strings_and_comments_do_not_nest() {
        let text = "{ a(s: \"{{{{\", t: \"\"\"[[[[\"\"\") # ((((\n }";
        assert!(scan(text, &Limits { nesting: 2, ..limits() }).is_ok());
        assert!(scan(text, &Limits { nesting: 1, ..limits() }).is_err());
    }

    #[test]
    fn a_string_ends_on_its_own_line() {
        for text in ["{ a(s: \"", "{ a(s: \"x\n\")", "{ a(s: \"\\", "{ a(s: \"\"\"x\"\")", "\"\"\"\"\""] {
            let refused = scan(text, &limits()).expect_err(text);
            assert_eq!(refused.code, Code::GraphqlParseFailed, "{text}");
        }
    }
}
