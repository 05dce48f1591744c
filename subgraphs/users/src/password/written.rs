//! How a password is written, so that it is the same on every keyboard.

use unicode_normalization::UnicodeNormalization;

/// As OpaqueString of RFC 8265 has it: other spaces are plain ones, and letters are composed (NFC). What somebody typed
/// stays otherwise as it is. Its list of what may not stand in a password is not ours: it knows no newer emoji.
pub(super) fn written(typed: &str) -> String {
    typed.chars().map(|c| if is_other_space(c) { ' ' } else { c }).nfc().collect()
}

/// The separators of spaces (Zs) but U+0020.
fn is_other_space(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_same_from_every_keyboard() {
        assert_eq!(written("Zoe\u{308} rides"), "Zo\u{eb} rides", "a letter and its dots are one letter");
        assert_eq!(written("correct\u{a0}horse\u{3000}"), "correct horse ");
        assert_eq!(written(" Ａ ﬁ "), " Ａ ﬁ ", "letters that only look alike stay different");
    }
}
