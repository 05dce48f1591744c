//! Escapes of characters beyond the first 65,536, which neither our parser nor the router's reads: the surrogate pairs
//! that JSON has, and braces. The document goes on with the characters themselves.

use std::borrow::Cow;

use super::lexer;
use crate::{Code, Refusal};

/// The text with these escapes resolved. All others stay as they are.
pub fn resolved(text: &str) -> Result<Cow<'_, str>, Refusal> {
    if !text.contains(r"\u") {
        return Ok(Cow::Borrowed(text));
    }
    let (mut whole, mut done) = (String::with_capacity(text.len()), 0);
    for string in lexer::strings(text) {
        whole.push_str(&text[done..string.start]);
        let start = string.start;
        done = string.end;
        let line = || text[..start].matches('\n').count() + 1;
        rewrite(&text[string], &mut whole).map_err(|what| {
            let message = format!("The string that begins on line {} holds {what}.", line());
            Refusal::new(Code::GraphqlParseFailed, message)
        })?;
    }
    whole.push_str(&text[done..]);
    Ok(if whole == text { Cow::Borrowed(text) } else { Cow::Owned(whole) })
}

fn rewrite(mut string: &str, into: &mut String) -> Result<(), String> {
    while let Some(at) = string.find('\\') {
        into.push_str(&string[..at]);
        let rest = &string[at..];
        let Some(unicode) = rest.strip_prefix(r"\u") else {
            // What is escaped may be a backslash itself.
            let length = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
            into.push_str(&rest[..length]);
            string = &rest[length..];
            continue;
        };
        string = match unicode.strip_prefix('{') {
            Some(inner) => braced(inner, into)?,
            None => plain(unicode, into)?,
        };
    }
    into.push_str(string);
    Ok(())
}

/// From after `\u{`. Answers what follows the escape.
fn braced<'t>(text: &'t str, into: &mut String) -> Result<&'t str, String> {
    let end = text.find('}').filter(|end| *end > 0 && text[..*end].bytes().all(|byte| byte.is_ascii_hexdigit()));
    let Some(end) = end else { return Err(r"`\u{` without hexadecimal digits and `}` after it".to_owned()) };
    let digits = text[..end].trim_start_matches('0');
    let digits = if digits.is_empty() { "0" } else { digits };
    let code = u32::from_str_radix(digits, 16).ok();
    match code.and_then(char::from_u32) {
        Some(character) => push(character, into),
        None => return Err(r"`\u{…}` of what is no character".to_owned()),
    }
    Ok(&text[end + 1..])
}

/// From after `\u`. Answers what follows the escape, or both of a pair.
fn plain<'t>(text: &'t str, into: &mut String) -> Result<&'t str, String> {
    let Some(unit) = unit(text) else {
        // Not four digits: the parser will say so.
        into.push_str(r"\u");
        return Ok(text);
    };
    let rest = &text[4..];
    if !(0xd800..0xe000).contains(&unit) {
        into.push_str(r"\u");
        into.push_str(&text[..4]);
        return Ok(rest);
    }
    let second = rest.strip_prefix(r"\u").and_then(self::unit);
    match second.map(|second| char::decode_utf16([unit, second]).next()) {
        Some(Some(Ok(character))) => {
            into.push(character);
            Ok(&rest[6..])
        }
        _ => Err(format!(r"`\u{}`, which is half of a surrogate pair. Write both halves in order", &text[..4])),
    }
}

fn unit(text: &str) -> Option<u16> {
    let digits = text.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u16::from_str_radix(digits, 16).ok()
}

/// What could be read as the string's end, or not at all, stays escaped.
fn push(character: char, into: &mut String) {
    match u16::try_from(u32::from(character)) {
        Ok(unit) => into.push_str(&format!(r"\u{unit:04X}")),
        Err(_) => into.push(character),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        resolved(text).map(Cow::into_owned).map_err(|refused| refused.message)
    }

    #[test]
    fn a_surrogate_pair_and_braces_are_one_character() {
        for escaped in [r"\uD83D\uDE00", r"\ud83d\ude00", r"\u{1F600}", r"\u{0001f600}"] {
            assert_eq!(read(&format!(r#"{{ a(s: "x{escaped}y") }}"#)).as_deref(), Ok("{ a(s: \"x\u{1f600}y\") }"));
        }
        assert_eq!(read(r#"{ a(s: "\u{41}\u{22}\u{0}") }"#).as_deref(), Ok(r#"{ a(s: "\u0041\u0022\u0000") }"#));
    }

    #[test]
    fn what_is_no_such_escape_stays() {
        for text in [
            r#"{ a(s: "\u00e9\n\\u{1F600}\"") }"#,
            r#"{ a(s: """\uD83D \u{1F600}""") } # "\uD83D" "#,
            r#"{ a(s: "\u12") }"#,
            r#"{ a(s: "é\é\u00e9") }"#,
        ] {
            assert_eq!(read(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn half_a_pair_is_told_by_its_line() {
        let half = read("{\n a(s: \"\\uD83D\") }").expect_err("half");
        assert_eq!(
            half,
            r"The string that begins on line 2 holds `\uD83D`, which is half of a surrogate pair. Write both halves in order."
        );
        for text in
            [r"\uDE00", r"\uDE00\uD83D", r"\uD83D\u0041", r"\uD83Dx", r"\u{D83D}", r"\u{110000}", r"\u{}", r"\u{12"]
        {
            let refused = read(&format!(r#"{{ a(s: "{text}") }}"#));
            assert!(refused.is_err_and(|message| message.ends_with('.') && message.len() < 200), "{text}");
        }
    }
}
