//! Digits of every script.

use std::borrow::Cow;
use std::sync::LazyLock;

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

/// Where the decimal digits of each script stand. Unicode promises that each ten stand together, from zero to nine.
static TENS: LazyLock<Vec<(u32, u32)>> = LazyLock::new(|| {
    let digits = CodePointMapData::<GeneralCategory>::new();
    digits.iter_ranges_for_value(GeneralCategory::DecimalNumber).map(|range| (*range.start(), *range.end())).collect()
});

/// The text with the digits of every script as `0` to `9`: Arabic-Indic, Devanagari, fullwidth and the others.
pub fn ascii_digits(text: &str) -> Cow<'_, str> {
    let foreign = |character: char| !character.is_ascii() && character.is_numeric();
    if !text.contains(foreign) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(ascii_digit).collect())
}

fn ascii_digit(character: char) -> char {
    if character.is_ascii() {
        return character;
    }
    let code = u32::from(character);
    let behind = TENS.partition_point(|(_, end)| *end < code);
    match TENS.get(behind) {
        Some((start, _)) if *start <= code => char::from_digit((code - start) % 10, 10).unwrap_or(character),
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script_are_read() {
        let scripts = [
            "٠١٢٣٤٥٦٧٨٩",
            "۰۱۲۳۴۵۶۷۸۹",
            "०१२३४५६७८९",
            "০১২৩৪৫৬৭৮৯",
            "๐๑๒๓๔๕๖๗๘๙",
            "０１２３４５６７８９",
            "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
            "𝟘𝟙𝟚𝟛𝟜𝟝𝟞𝟟𝟠𝟡",
        ];
        for script in scripts {
            assert_eq!(ascii_digits(script), "0123456789", "{script}");
        }
    }

    #[test]
    fn each_script_has_ten() {
        assert!(TENS.len() > 50, "{} scripts", TENS.len());
        for (start, end) in TENS.iter() {
            assert_eq!((end - start + 1) % 10, 0, "U+{start:04X}");
        }
    }

    #[test]
    fn what_is_no_decimal_digit_stays() {
        for text in ["", "abc 42", "½ ² Ⅻ 三", "٫"] {
            assert_eq!(ascii_digits(text), text);
        }
    }
}
