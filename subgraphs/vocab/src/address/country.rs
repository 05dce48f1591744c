//! The countries of the world, and what addresses in each are made of.

use std::collections::HashMap;
use std::fmt;
use std::sync::{LazyLock, OnceLock};

use icu_normalizer::ComposingNormalizerBorrowed;
use regex::Regex;

use super::region::{Region, plain};
use crate::text;

/// A country that mail can be sent to, as ISO 3166-1 alpha-2 names it: `US`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CountryCode([u8; 2]);

/// No country has this code. Where it is plain which one is meant, its code is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct UnknownCountry {
    given: String,
    meant: Option<CountryCode>,
}

impl fmt::Display for UnknownCountry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "There is no country {}. ", self.given)?;
        match self.meant {
            Some(meant) => write!(f, "Did you mean {meant} ({})?", meant.name()),
            None => f.write_str("Write the two letters of one, such as US for the United States."),
        }
    }
}

impl CountryCode {
    /// The country, in letters of either case.
    pub fn parse(given: &str) -> Result<Self, UnknownCountry> {
        let unknown = |meant| UnknownCountry { given: text::shown(given, 40), meant };
        if given.len() > 64 {
            return Err(unknown(None));
        }
        // Letters of a Japanese keyboard are wide.
        let plain = ComposingNormalizerBorrowed::new_nfkc().normalize(given.trim()).to_ascii_uppercase();
        Self::known(&plain).ok_or_else(|| unknown(Self::meant(given)))
    }

    fn known(code: &str) -> Option<Self> {
        let code = Self(<[u8; 2]>::try_from(code.as_bytes()).ok()?);
        COUNTRIES.contains_key(&code).then_some(code)
    }

    /// The country that somebody means by another code, or by its name.
    fn meant(given: &str) -> Option<Self> {
        let given = plain(given);
        if given.is_empty() {
            return None;
        }
        let named = || COUNTRIES.iter().find(|(_, country)| plain(country.name) == given).map(|(code, _)| *code);
        let slip = || rows(SLIPS_TSV).find_map(|row| (plain(row[0]) == given).then(|| Self::known(row[1])).flatten());
        Self::known(&given.to_ascii_uppercase()).or_else(named).or_else(slip)
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// What the country is called in English.
    pub fn name(self) -> &'static str {
        self.rules().name
    }

    pub(super) fn rules(self) -> &'static Country {
        &COUNTRIES[&self]
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<CountryCode> for String {
    fn from(code: CountryCode) -> Self {
        code.as_str().to_owned()
    }
}

/// What addresses of one country are made of.
pub(super) struct Country {
    pub code: &'static str,
    /// In English.
    pub name: &'static str,
    parts: &'static str,
    needs: &'static str,
    capitals: &'static str,
    /// What a whole postal code looks like; None where there are none, or nothing is known of them.
    pattern: Option<&'static str>,
    compiled: OnceLock<Option<Regex>>,
    pub examples: Vec<&'static str>,
    /// What stands before a postal code on a letter from abroad: `LT`.
    pub prefix: &'static str,
    /// What shoppers call a postal code and a region there.
    pub postal_code: &'static str,
    pub region: &'static str,
    /// Empty where a region is free text, or no part of an address.
    pub regions: Vec<Region>,
}

impl Country {
    pub fn has_regions(&self) -> bool {
        self.parts.contains('S')
    }

    pub fn has_postal_codes(&self) -> bool {
        self.parts.contains('Z')
    }

    pub fn needs_city(&self) -> bool {
        self.needs.contains('C')
    }

    pub fn needs_region(&self) -> bool {
        self.needs.contains('S')
    }

    pub fn needs_postal_code(&self) -> bool {
        self.needs.contains('Z')
    }

    pub fn writes_postal_code_in_capitals(&self) -> bool {
        self.pattern.is_some() || self.capitals.contains('Z')
    }

    pub fn example(&self) -> &'static str {
        self.examples.first().copied().unwrap_or_default()
    }

    pub fn knows_its_postal_codes(&self) -> bool {
        self.pattern.is_some()
    }

    /// Whether this is a whole postal code, written as the country does.
    pub fn has_postal_code(&self, code: &str) -> bool {
        let compile = || self.pattern.and_then(|pattern| Regex::new(&format!("^(?:{pattern})$")).ok());
        self.compiled.get_or_init(compile).as_ref().is_none_or(|whole| whole.is_match(code))
    }
}

const COUNTRIES_TSV: &str = include_str!("../../data/postal/countries.tsv");
const SLIPS_TSV: &str = include_str!("../../data/postal/country_slips.tsv");
const REGIONS_TSV: &str = include_str!("../../data/postal/regions.tsv");

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

pub(super) static COUNTRIES: LazyLock<HashMap<CountryCode, Country>> = LazyLock::new(|| {
    let mut countries: HashMap<CountryCode, Country> = HashMap::with_capacity(256);
    for row in rows(COUNTRIES_TSV) {
        let &[code, name, parts, needs, capitals, pattern, examples, prefix, postal_code, region] = row.as_slice()
        else {
            continue;
        };
        let Ok(key) = <[u8; 2]>::try_from(code.as_bytes()) else { continue };
        let country = Country {
            code,
            name,
            parts,
            needs,
            capitals,
            pattern: (!pattern.is_empty()).then_some(pattern),
            compiled: OnceLock::new(),
            examples: examples.split(',').filter(|example| !example.is_empty()).collect(),
            prefix,
            postal_code,
            region,
            regions: Vec::new(),
        };
        countries.insert(CountryCode(key), country);
    }
    for row in rows(REGIONS_TSV) {
        let &[code, key, name, latin, iso, others] = row.as_slice() else { continue };
        let country = <[u8; 2]>::try_from(code.as_bytes()).ok().and_then(|code| countries.get_mut(&CountryCode(code)));
        if let Some(country) = country {
            country.regions.push(Region { key, name, latin, iso, others });
        }
    }
    countries
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_tables_is_read() {
        assert_eq!(COUNTRIES.len(), 252);
        assert_eq!(rows(COUNTRIES_TSV).count(), 252);
        let regions: usize = COUNTRIES.values().map(|country| country.regions.len()).sum();
        assert_eq!(regions, rows(REGIONS_TSV).count());
        assert!(regions > 1_300, "{regions}");
    }

    #[test]
    fn every_country_s_own_examples_are_among_its_postal_codes() {
        let mut held = 0;
        for country in COUNTRIES.values().filter(|country| country.knows_its_postal_codes()) {
            assert!(!country.examples.is_empty(), "{}", country.code);
            for example in &country.examples {
                assert!(country.has_postal_code(example), "{}: {example}", country.code);
                held += 1;
            }
            assert!(!country.has_postal_code("no such code"), "{}: its pattern does not compile", country.code);
        }
        assert!(held > 300, "{held}");
    }

    #[test]
    fn a_country_is_read_in_letters_of_either_case_and_shown_in_capitals() {
        for given in ["us", "US", " Us ", "ＵＳ", "ｕｓ"] {
            assert_eq!(CountryCode::parse(given).map(String::from).as_deref(), Ok("US"), "{given}");
        }
        for given in ["", "U", "USA", "XX", "ZZ", "U\0", "ß", "1", "de-", "United States", &"U".repeat(1000)] {
            assert!(CountryCode::parse(given).is_err(), "{given}");
        }
        let refused = CountryCode::parse("U\0\u{202e}").unwrap_err().to_string();
        assert_eq!(refused, "There is no country U. Write the two letters of one, such as US for the United States.");
    }
    #[test]
    fn who_writes_another_code_or_a_name_is_told_the_code() {
        for (given, meant) in [
            ("UK", "GB (United Kingdom)"),
            ("uk", "GB (United Kingdom)"),
            ("U.K.", "GB (United Kingdom)"),
            ("GBR", "GB (United Kingdom)"),
            ("England", "GB (United Kingdom)"),
            ("EL", "GR (Greece)"),
            ("USA", "US (United States)"),
            ("U.S.", "US (United States)"),
            ("United States", "US (United States)"),
            ("united states of america", "US (United States)"),
            ("germany", "DE (Germany)"),
            ("Cote d'Ivoire", "CI (Côte d’Ivoire)"),
            ("ＵＫ", "GB (United Kingdom)"),
        ] {
            let refused = CountryCode::parse(given).expect_err(given).to_string();
            let told = format!("There is no country {given}. Did you mean {meant}?");
            assert_eq!(refused, told.replace("ＵＫ", &text::shown("ＵＫ", 40)), "{given}");
        }
    }

    #[test]
    fn every_slip_leads_to_a_country_and_is_none_itself() {
        let mut held = 0;
        for row in rows(SLIPS_TSV) {
            let &[slip, country] = row.as_slice() else { panic!("{row:?}") };
            let refused = CountryCode::parse(slip).expect_err(slip);
            assert_eq!(refused.meant, CountryCode::known(country), "{slip}");
            assert!(refused.meant.is_some(), "{slip}");
            held += 1;
        }
        assert!(held > 250, "{held}");
    }

    #[test]
    fn no_country_needs_what_its_addresses_have_not() {
        for Country { code, parts, needs, pattern, regions, .. } in COUNTRIES.values() {
            assert!(needs.chars().all(|part| parts.contains(part)), "{code}");
            assert!(parts.contains('Z') || pattern.is_none(), "{code}");
            assert!(parts.contains('S') || regions.is_empty(), "{code}");
        }
        let without = |part| COUNTRIES.values().filter(|country| !country.parts.contains(part)).count();
        assert_eq!((without('Z'), without('S')), (70, 177));
    }
}
