//! Texts that people type: one line, or several.
//!
//! What is kept can be seen, and reads the same for everybody: composed as NFC has it, without control characters,
//! without what only looks like nothing, without signs that turn the text around them. Such a text may be compared,
//! shown and printed without another look.
//!
//! - Controls, private-use characters and noncharacters are **refused**: nobody meant them, and what stood in their place
//!   is lost.
//! - Characters that show nothing (zero-width spaces, fillers, byte order marks, soft hyphens) and those that turn text
//!   around (overrides, embeddings, isolates) are **dropped**: copying and pasting brings them along. Joiners, variation
//!   selectors and direction marks stay, for Persian, Hindi and emoji are written with them.
//! - A tab is a space. White space at both ends goes.
//! - A character that Unicode has given no meaning yet stays, because it may be newer than this program; alone it is not
//!   something to see.
//!
//! Lengths are counted in Unicode code points after all that, as JavaScript's `[...text].length` and both databases
//! count: neither bytes nor UTF-16 units, and never what a font makes of them.

mod character;
mod digits;

use std::borrow::Cow;
use std::fmt;

use icu_normalizer::ComposingNormalizerBorrowed;

pub use digits::ascii_digits;

use character::{Fate, fate, is_mark, is_visible};

/// Why a text cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TextFlaw {
    #[error("has nothing in it that can be seen")]
    Nothing,
    #[error("holds characters that cannot be shown: type it anew instead of pasting it")]
    Unshowable,
    #[error("has several lines: write it in one")]
    SeveralLines,
    #[error("is shorter than {0} characters")]
    Shorter(usize),
    #[error("is longer than {0} characters")]
    Longer(usize),
}

/// One line of text, with something in it to see.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Line(String);

/// Text of one or several lines, which `\n` parts, with something in it to see.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Paragraphs(String);

/// The most combining marks in a row: more than any script stacks, fewer than it takes to paint over other lines.
const MOST_MARKS: usize = 8;

impl Line {
    /// The text in one line of at most `most` characters.
    pub fn parse(given: &str, most: usize) -> Result<Self, TextFlaw> {
        let clean = clean(given, Breaks::Refused, Unshowable::Refused)?;
        bounded(&clean, 1, most)?;
        Ok(Self(clean.into_owned()))
    }

    /// As [`Line::parse`], and None of a text in which there is nothing to see.
    pub fn parse_optional(given: Option<&str>, most: usize) -> Result<Option<Self>, TextFlaw> {
        match given.map(|given| Self::parse(given, most)) {
            None | Some(Err(TextFlaw::Nothing)) => Ok(None),
            Some(parsed) => parsed.map(Some),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Paragraphs {
    /// The text, of `least` to `most` characters.
    pub fn parse(given: &str, least: usize, most: usize) -> Result<Self, TextFlaw> {
        let clean = clean(given, Breaks::Kept, Unshowable::Refused)?;
        bounded(&clean, least, most)?;
        Ok(Self(clean.into_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Tidies one line that nobody can be asked about again: what [`Line`] would refuse goes. Whether anything but the space
/// around it had to change.
pub fn tidy_line(text: &mut String) -> bool {
    tidy(text, Breaks::Spaces)
}

/// Tidies text of several lines that nobody can be asked about again: what [`Paragraphs`] would refuse goes. Whether
/// anything but the space around it and the kind of its line breaks had to change.
pub fn tidy_paragraphs(text: &mut String) -> bool {
    tidy(text, Breaks::Kept)
}

fn tidy(text: &mut String, breaks: Breaks) -> bool {
    let clean = clean(text, breaks, Unshowable::Dropped).unwrap_or_default();
    if clean == text.as_str() {
        return false;
    }
    let told = match breaks {
        Breaks::Kept => clean != unix(text).trim(),
        _ => clean != text.trim(),
    };
    let clean = clean.into_owned();
    *text = clean;
    told
}

/// Words that somebody looks for, made comparable: never refused, only cleaned.
pub fn sought(given: &str) -> Cow<'_, str> {
    match clean(given, Breaks::Spaces, Unshowable::Dropped).unwrap_or_default() {
        Cow::Borrowed(clean) => ascii_digits(clean),
        Cow::Owned(clean) => Cow::Owned(ascii_digits(&clean).into_owned()),
    }
}

/// Some of what somebody typed, fit to stand in a message.
pub fn shown(given: &str, most: usize) -> String {
    let clean = sought(given);
    let mut short: String = clean.chars().take(most).collect();
    if clean.chars().nth(most).is_some() {
        short.push('…');
    }
    short
}

/// Whether a text is a line as it stands.
pub(crate) fn is_line(text: &str) -> bool {
    clean(text, Breaks::Refused, Unshowable::Refused).is_ok_and(|clean| clean == text) && text.chars().any(is_visible)
}

/// What happens to line breaks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    Refused,
    Kept,
    Spaces,
}

/// What happens to characters that cannot be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unshowable {
    Refused,
    Dropped,
}

fn clean(given: &str, breaks: Breaks, unshowable: Unshowable) -> Result<Cow<'_, str>, TextFlaw> {
    let given = trim(given);
    if given.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return Ok(Cow::Borrowed(given));
    }
    let given = match breaks {
        Breaks::Kept => unix(given),
        _ => Cow::Borrowed(given),
    };
    let mut kept = String::with_capacity(given.len());
    // An emoji of a flag may be spelled with tags, which mean nothing elsewhere.
    let (mut in_flag, mut marks) = (false, 0);
    for character in given.chars() {
        let fate = fate(character);
        in_flag = character == BLACK_FLAG || in_flag && fate == Fate::Tag;
        marks = if is_mark(character) { marks + 1 } else { 0 };
        match (fate, breaks) {
            (Fate::Kept, _) if marks <= MOST_MARKS => kept.push(character),
            (Fate::Tag, _) if in_flag => kept.push(character),
            (Fate::Space, _) | (Fate::Break, Breaks::Spaces) => kept.push(' '),
            (Fate::Break, Breaks::Kept) => kept.push('\n'),
            (Fate::Break, Breaks::Refused) => return Err(TextFlaw::SeveralLines),
            (Fate::Kept | Fate::Refused, _) if unshowable == Unshowable::Refused => return Err(TextFlaw::Unshowable),
            (Fate::Kept | Fate::Refused | Fate::Dropped | Fate::Tag, _) => {}
        }
    }
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(trim(&kept)).into_owned();
    Ok(Cow::Owned(composed))
}

const BLACK_FLAG: char = '\u{1f3f4}';

/// With the line breaks of Unix.
fn unix(text: &str) -> Cow<'_, str> {
    if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { Cow::Borrowed(text) }
}

/// Without the space around it, and without what joins nothing there.
fn trim(text: &str) -> &str {
    let idle = |character: char| character.is_whitespace() || character::is_idle_at_an_end(character);
    text.trim_matches(idle)
}

fn bounded(text: &str, least: usize, most: usize) -> Result<(), TextFlaw> {
    let (mut length, mut seen) = (0, 0);
    for character in text.chars() {
        length += 1;
        // Spaces between words count; what shows nothing does not make a text long enough.
        seen += usize::from(is_visible(character) || character.is_whitespace());
    }
    if length > most {
        Err(TextFlaw::Longer(most))
    } else if !text.chars().any(is_visible) {
        Err(TextFlaw::Nothing)
    } else if seen < least {
        Err(TextFlaw::Shorter(least))
    } else {
        Ok(())
    }
}

macro_rules! texts {
    ($($name:ident),*) => {$(
        /// Never the text: it may be somebody's name or address, and must not reach a log.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    )*};
}

texts!(Line, Paragraphs);

#[cfg(test)]
mod tests;
