//! What becomes of each character, by its properties in Unicode.

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, NoncharacterCodePoint, VariationSelector};
use icu_properties::{CodePointMapData, CodePointSetData};

/// What becomes of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Kept,
    /// Kept behind the emoji that it belongs to, dropped elsewhere.
    Tag,
    Space,
    Break,
    Dropped,
    Refused,
}

/// Default-ignorable, and yet part of how something is written.
const JOINS: [char; 6] = [
    '\u{34f}',  // combining grapheme joiner
    '\u{61c}',  // Arabic letter mark
    '\u{200c}', // zero width non-joiner
    '\u{200d}', // zero width joiner
    '\u{200e}', // left-to-right mark
    '\u{200f}', // right-to-left mark
];

/// Categories alone would have them visible, and they are not.
const BLANKS: [char; 2] = [
    '\u{2800}',  // braille pattern blank
    '\u{1d159}', // musical symbol null notehead
];

pub(super) fn fate(character: char) -> Fate {
    match character {
        ' '..='~' => Fate::Kept,
        '\t' => Fate::Space,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Fate::Break,
        '\u{e0020}'..='\u{e007f}' => Fate::Tag,
        // What an object was pasted from, and the marks of interlinear notes.
        '\u{fff9}'..='\u{fffc}' => Fate::Dropped,
        joiner if JOINS.contains(&joiner) => Fate::Kept,
        other if set::<NoncharacterCodePoint>(other) => Fate::Refused,
        other => match category(other) {
            GeneralCategory::Control | GeneralCategory::PrivateUse | GeneralCategory::Surrogate => Fate::Refused,
            _ if set::<VariationSelector>(other) => Fate::Kept,
            // Among them all that turns text around, and the fillers of Hangul.
            _ if set::<DefaultIgnorableCodePoint>(other) => Fate::Dropped,
            _ => Fate::Kept,
        },
    }
}

/// Whether a reader sees something of it, even alone.
pub(super) fn is_visible(character: char) -> bool {
    use GeneralCategory as Is;
    let shows_nothing = matches!(
        category(character),
        Is::Control
            | Is::Format
            | Is::Unassigned
            | Is::PrivateUse
            | Is::Surrogate
            | Is::SpaceSeparator
            | Is::LineSeparator
            | Is::ParagraphSeparator
            | Is::NonspacingMark
            | Is::EnclosingMark
            | Is::SpacingMark
    );
    !shows_nothing && !set::<DefaultIgnorableCodePoint>(character) && !BLANKS.contains(&character)
}

/// Whether it stacks on the character before it.
pub(super) fn is_mark(character: char) -> bool {
    !character.is_ascii()
        && matches!(category(character), GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark)
        && !set::<VariationSelector>(character)
}

/// Whether it does nothing at the end of a text. A variation selector does: it belongs to the emoji before it.
pub(super) fn is_idle_at_an_end(character: char) -> bool {
    JOINS.contains(&character) || matches!(character, '\u{200b}' | '\u{2060}' | '\u{feff}')
}

fn category(character: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(character)
}

fn set<P: icu_properties::props::BinaryProperty>(character: char) -> bool {
    CodePointSetData::new::<P>().contains(character)
}
