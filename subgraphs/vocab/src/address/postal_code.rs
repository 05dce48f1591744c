//! Postal codes: read as people write them, written as the country does.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

use super::country::Country;
use crate::text::ascii_digits;

/// Letters that stand before a postal code on letters from abroad, beside the country's own two and what the data has:
/// the distinguishing signs of its vehicles.
const SIGNS: &[(&str, &str)] = &[
    ("AT", "A"),
    ("BE", "B"),
    ("DE", "D"),
    ("ES", "E"),
    ("FI", "FIN"),
    ("FR", "F"),
    ("HU", "H"),
    ("IT", "I"),
    ("LU", "L"),
    ("NO", "N"),
    ("PT", "P"),
    ("SE", "S"),
    ("SI", "SLO"),
];

/// The longest that is looked at.
const LONGEST: usize = 24;

/// The code as the country writes it, whatever case, spaces, dashes, digits and prefix somebody wrote it with. None when
/// it is no code of that country.
pub(super) fn written(country: &Country, given: &str) -> Option<String> {
    let bare = bare(given)?;
    readings(country, &bare).find_map(|reading| laid_out(country, &reading))
}

/// The letters and digits of a code, in capitals; None when there is anything else than what parts them.
fn bare(given: &str) -> Option<String> {
    let plain = ComposingNormalizerBorrowed::new_nfkc().normalize(given);
    let plain = ascii_digits(&plain);
    if plain.chars().count() > LONGEST {
        return None;
    }
    let category = CodePointMapData::<GeneralCategory>::new();
    let mut bare = String::with_capacity(plain.len());
    for character in plain.chars() {
        match character {
            // A minus, the long vowel that Japanese keyboards give for a dash, and the mark of their post.
            '\u{2212}' | 'ー' | '〒' | '.' | '·' | '_' | '/' => {}
            space if space.is_whitespace() => {}
            letter if letter.is_ascii_alphanumeric() => bare.push(letter.to_ascii_uppercase()),
            dash if category.get(dash) == GeneralCategory::DashPunctuation => {}
            _ => return None,
        }
    }
    Some(bare)
}

/// What the code may be without a prefix that somebody put before it, or with one that they left out.
fn readings<'a>(country: &'a Country, bare: &'a str) -> impl Iterator<Item = String> + 'a {
    let sign = SIGNS.iter().find(|(code, _)| *code == country.code).map_or("", |(_, sign)| sign);
    let prefixes = [country.code, country.prefix, sign].into_iter().filter(|prefix| !prefix.is_empty());
    let without = prefixes.filter_map(|prefix| bare.strip_prefix(prefix)).map(str::to_owned);
    let with = own_letters(country).filter(|_| bare.starts_with(|first: char| first.is_ascii_digit()));
    let with = with.map(|letters| format!("{letters}{bare}"));
    std::iter::once(bare.to_owned()).chain(without).chain(with)
}

/// The letters that every code of the country begins with: `LV`.
fn own_letters(country: &Country) -> Option<&'static str> {
    let letters = |example: &'static str| &example[..example.bytes().take_while(u8::is_ascii_alphabetic).count()];
    let first = letters(country.examples.first()?);
    let shared = !first.is_empty() && country.examples.iter().all(|example| letters(example) == first);
    shared.then_some(first)
}

/// The code with the sign that parts it where the country puts it. What the examples show comes first.
fn laid_out(country: &Country, bare: &str) -> Option<String> {
    let shown = country.examples.iter().filter_map(|example| layout(example, bare.len()));
    let parted = ["-", " "].into_iter().flat_map(|sign| (1..bare.len()).map(move |at| Some((at, sign))));
    let layouts = shown.chain(parted).chain([None]);
    let mut codes = layouts.map(|layout| match layout {
        Some((at, sign)) => format!("{}{sign}{}", &bare[..at], &bare[at..]),
        None => bare.to_owned(),
    });
    codes.find(|code| country.has_postal_code(code))
}

/// Where an example that has as many letters and digits is parted, and by what.
fn layout(example: &'static str, length: usize) -> Option<Option<(usize, &'static str)>> {
    let signs = example.bytes().filter(|byte| !byte.is_ascii_alphanumeric()).count();
    let at = example.find([' ', '-']);
    (example.len() == length + signs && signs <= 1).then(|| at.map(|at| (at, &example[at..=at])))
}

#[cfg(test)]
mod tests {
    use super::super::country::{COUNTRIES, CountryCode};
    use super::*;

    fn code(country: &str, given: &str) -> Option<String> {
        written(CountryCode::parse(country).unwrap().rules(), given)
    }

    #[test]
    fn a_code_is_read_as_people_write_it_and_written_as_its_country_does() {
        let forms = [
            ("LV", "1073", "LV-1073"),
            ("LV", "lv 1073", "LV-1073"),
            ("PL", "00950", "00-950"),
            ("PL", "PL 00-950", "00-950"),
            ("PT", "2725079", "2725-079"),
            ("PT", "P-2725 079", "2725-079"),
            ("LT", "LT-04340", "04340"),
            ("LT", "lt04340", "04340"),
            ("SE", "SE-114 55", "114 55"),
            ("SE", "11455", "114 55"),
            ("SE", "S-11455", "114 55"),
            ("CL", "834-0457", "8340457"),
            ("GB", "SW1A  1AA", "SW1A 1AA"),
            ("GB", "sw1a1aa", "SW1A 1AA"),
            ("GB", "m25bq", "M2 5BQ"),
            ("GB", "m34-4ab", "M34 4AB"),
            ("GB", "gir0aa", "GIR 0AA"),
            ("GB", "bfpo61", "BFPO 61"),
            ("US", "627011234", "62701-1234"),
            ("US", "62701 1234", "62701-1234"),
            ("US", "62701–1234", "62701-1234"),
            ("US", "62701", "62701"),
            ("US", "٦٢٧٠١", "62701"),
            ("US", "６２７０１−１２３４", "62701-1234"),
            ("PR", "009301234", "00930-1234"),
            ("CA", "k1a0b1", "K1A 0B1"),
            ("CA", "K1A-0B1", "K1A 0B1"),
            ("NL", "1234ab", "1234 AB"),
            ("NL", "NL-1234 AB", "1234 AB"),
            ("IE", "a65f4e2", "A65 F4E2"),
            ("JP", "1540023", "154-0023"),
            ("JP", "〒１５４ー００２３", "154-0023"),
            ("BR", "40301110", "40301-110"),
            ("BR", "40.301-110", "40301-110"),
            ("CZ", "11000", "110 00"),
            ("SK", "01001", "010 01"),
            ("GR", "GR-15124", "151 24"),
            ("IN", "110 034", "110034"),
            ("IN", "११००३४", "110034"),
            ("DE", "D-10115", "10115"),
            ("DE", "DE 10115", "10115"),
            ("AT", "A-1010", "1010"),
            ("CH", "CH-8001", "8001"),
            ("LI", "FL-9490", "9490"),
            ("LU", "L-4750", "4750"),
            ("DK", "DK 8660", "8660"),
            ("FI", "FIN-00550", "00550"),
            ("AX", "AX-22150", "22150"),
            ("HU", "H-1037", "1037"),
            ("FR", "33 380", "33380"),
            ("FR", "F-33380", "33380"),
            ("AD", "500", "AD500"),
            ("KY", "KY1 1100", "KY1-1100"),
            ("KY", "ky11100", "KY1-1100"),
            ("BB", "23026", "BB23026"),
            ("MT", "vlt1117", "VLT 1117"),
            ("BM", "hm12", "HM 12"),
            ("IR", "1193612345", "11936-12345"),
            ("LB", "20383054", "2038 3054"),
            ("SV", "1101", "CP 1101"),
            ("VG", "1110", "VG1110"),
            ("AZ", "AZ1000", "1000"),
            ("MD", "MD-2012", "2012"),
            ("HT", "HT6120", "6120"),
            ("AR", "c1070 aam", "C1070AAM"),
            ("SA", "115641234", "11564-1234"),
            ("FK", "fiqq1zz", "FIQQ 1ZZ"),
            ("GG", "gy11aa", "GY1 1AA"),
            ("KR", "03051", "03051"),
            ("RU", "101 000", "101000"),
        ];
        for (country, given, right) in forms {
            assert_eq!(code(country, given).as_deref(), Some(right), "{country} {given}");
            assert_eq!(code(country, right).as_deref(), Some(right), "{country}: a code that is right stays");
        }
    }

    #[test]
    fn what_is_no_code_of_the_country_is_refused() {
        for (country, given) in [
            ("US", "ABC"),
            ("US", "6270"),
            ("US", "627011"),
            ("US", "62701-123"),
            ("US", "62701!"),
            ("US", "62701\u{e000}"),
            ("US", "K1A 0B1"),
            ("DE", "1011"),
            ("DE", "F-10115"),
            ("PT", "2725"),
            ("GB", "12345"),
            ("GB", "SW1A"),
            ("CA", "K1O 0B1"),
            ("LV", "LT-1073"),
            ("NL", "1234"),
            ("US", ""),
            ("US", &"1".repeat(1000)),
        ] {
            assert_eq!(code(country, given), None, "{country} {given}");
        }
    }

    #[test]
    fn every_example_comes_back_as_it_is_however_its_parts_are_joined() {
        let mut held = 0;
        for country in COUNTRIES.values().filter(|country| country.knows_its_postal_codes()) {
            for &example in &country.examples {
                let joined: String = example.chars().filter(char::is_ascii_alphanumeric).collect();
                for given in [example, &joined, &example.to_lowercase(), &example.replace(['-', ' '], "  ")] {
                    assert_eq!(written(country, given).as_deref(), Some(example), "{} {given}", country.code);
                    held += 1;
                }
            }
        }
        assert!(held > 1_200, "{held}");
    }
}
