//! Where a parcel goes.

mod country;
mod postal_code;
mod region;

use async_graphql::{InputObject, SimpleObject};
use serde::{Deserialize, Serialize};

use crate::InvalidInput;
use crate::text::{Line, TextFlaw};
use country::Country;

pub use country::{CountryCode, UnknownCountry};

/// A postal address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
#[graphql(shareable)]
pub struct Address {
    /// Who receives the parcel.
    pub name: String,
    /// Street and number.
    pub line1: String,
    /// Flat, floor or company; null when there is none.
    pub line2: Option<String>,
    /// City or town; empty where addresses have none, as in Singapore.
    pub city: String,
    /// State, province or region, as the country writes it: `IL`, `東京都`. Null where addresses in the country have none, as
    /// in Germany and Britain, and where it may be left out and was.
    pub region: Option<String>,
    /// Postal code, as the country writes it: `62701-1234`, `SW1A 1AA`. Null where addresses in the country have none, as
    /// in Hong Kong and the Emirates, and where it may be left out and was.
    pub postal_code: Option<String>,
    /// The country, as ISO 3166-1 alpha-2 names it: `US`.
    pub country: String,
}

/// Never the address itself: it must not reach a log.
impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").field("country", &self.country).finish_non_exhaustive()
    }
}

/// A postal address to send to. Each country has its own rules: what is wrong comes back all at once, and what is right is
/// written as the country writes it.
#[derive(Clone, InputObject)]
pub struct AddressInput {
    /// Who receives the parcel.
    pub name: String,
    /// Street and number.
    pub line1: String,
    /// Flat, floor or company.
    pub line2: Option<String>,
    /// City or town; empty where addresses have none, as in Singapore.
    pub city: String,
    /// State, province or region: by its code or its name, in the country's script or in Latin letters. It is not kept
    /// where addresses in the country have none, as in Germany and Britain.
    pub region: Option<String>,
    /// Postal code. Spaces, dashes, case and a country's letters before it do not matter. It is not kept where addresses
    /// in the country have none, as in Hong Kong and the Emirates.
    pub postal_code: Option<String>,
    /// The country, as ISO 3166-1 alpha-2 names it, in letters of either case: `US`.
    pub country: String,
}

/// The most characters of each part.
const LONGEST: usize = 200;

impl AddressInput {
    /// The address as its country writes it: or everything in it that no carrier could use. `path` leads to the input.
    pub fn try_into_address(self, path: &[&str]) -> Result<Address, Vec<InvalidInput>> {
        let mut flaws = Flaws { path, found: Vec::new() };
        let name = flaws.needed("name", "the name of who receives the parcel", &self.name);
        let line1 = flaws.needed("line1", "the street and number", &self.line1);
        let line2 = flaws.optional("line2", "the second line", self.line2.as_deref());
        let country = flaws.take("country", CountryCode::parse(&self.country).map_err(|flaw| flaw.to_string()));
        let rules = country.map(CountryCode::rules);
        let city = match rules.is_none_or(Country::needs_city) {
            true => flaws.needed("city", "the city or town", &self.city),
            false => flaws.optional("city", "the city or town", Some(&self.city)),
        };
        // What an address there does not have is not kept, and so not judged either.
        let region = self.region.filter(|_| rules.is_none_or(Country::has_regions));
        let region = flaws.optional("region", "the region", said(region.as_deref()));
        let postal_code = self.postal_code.filter(|_| rules.is_none_or(Country::has_postal_codes));
        let postal_code = flaws.optional("postalCode", "the postal code", said(postal_code.as_deref()));
        let (region, postal_code) = match rules {
            Some(rules) => (flaws.region(rules, region), flaws.postal_code(rules, postal_code)),
            None => (region, postal_code),
        };
        match (name, line1, country) {
            (Some(name), Some(line1), Some(country)) if flaws.found.is_empty() => Ok(Address {
                name,
                line1,
                line2,
                city: city.unwrap_or_default(),
                region,
                postal_code,
                country: country.into(),
            }),
            _ => Err(flaws.found),
        }
    }
}

/// What somebody wrote into a part that may be left out: a dash, another sign or `n/a` says nothing.
fn said(given: Option<&str>) -> Option<&str> {
    given.filter(|given| given.chars().any(|sign| !is_filler(sign)) && !given.trim().eq_ignore_ascii_case("n/a"))
}

fn is_filler(sign: char) -> bool {
    let dash = matches!(sign, '\u{2010}'..='\u{2015}' | '\u{2212}' | 'ー' | '－');
    dash || sign.is_ascii_punctuation() || sign.is_whitespace()
}

/// What is wrong with an address so far.
struct Flaws<'a> {
    path: &'a [&'a str],
    found: Vec<InvalidInput>,
}

impl Flaws<'_> {
    fn refuse(&mut self, field: &str, message: impl ToString) {
        // A field is told of once: what follows from its first fault helps nobody.
        if self.found.iter().any(|flaw| flaw.path.last().is_some_and(|last| last == field)) {
            return;
        }
        let steps: Vec<&str> = self.path.iter().copied().chain([field]).collect();
        self.found.push(InvalidInput::new(message, &steps));
    }

    fn take<T>(&mut self, field: &str, read: Result<T, String>) -> Option<T> {
        read.map_err(|message| self.refuse(field, message)).ok()
    }

    fn needed(&mut self, field: &str, what: &str, given: &str) -> Option<String> {
        match Line::parse(given, LONGEST) {
            Ok(line) => Some(line.into()),
            Err(TextFlaw::Nothing) => {
                self.refuse(field, format!("Write {what}."));
                None
            }
            Err(flaw) => {
                self.refuse(field, sentence(what, flaw));
                None
            }
        }
    }

    fn optional(&mut self, field: &str, what: &str, given: Option<&str>) -> Option<String> {
        match Line::parse_optional(given, LONGEST) {
            Ok(line) => line.map(String::from),
            Err(flaw) => {
                self.refuse(field, sentence(what, flaw));
                None
            }
        }
    }

    fn region(&mut self, country: &Country, given: Option<String>) -> Option<String> {
        let example = || country.regions.first().map_or(String::new(), |one| format!(", such as {}", one.told()));
        match given {
            None if country.needs_region() => {
                self.refuse("region", format!("{}: write the {}{}.", country.name, country.region, example()));
                None
            }
            None => None,
            Some(given) => match region::written(country, &given) {
                Some(known) => Some(known.to_owned()),
                None if country.regions.is_empty() || !country.needs_region() => Some(given),
                None => {
                    let Country { name, region, .. } = country;
                    self.refuse("region", format!("{name}: that is no {region}. Write one{}.", example()));
                    None
                }
            },
        }
    }

    fn postal_code(&mut self, country: &Country, given: Option<String>) -> Option<String> {
        let Country { name, postal_code, .. } = country;
        let example = match country.example() {
            "" => String::new(),
            example => format!(", such as {example}"),
        };
        match given {
            None if country.needs_postal_code() => {
                self.refuse("postalCode", format!("{name}: write the {postal_code}{example}."));
                None
            }
            None => None,
            Some(given) if !country.knows_its_postal_codes() => {
                Some(if country.writes_postal_code_in_capitals() { given.to_uppercase() } else { given })
            }
            Some(given) => {
                let written = postal_code::written(country, &given);
                if written.is_none() {
                    self.refuse("postalCode", format!("{name}: that is no {postal_code}. Write one{example}."));
                }
                written
            }
        }
    }
}

fn sentence(what: &str, flaw: TextFlaw) -> String {
    let mut letters = what.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{} {flaw}.", letters.as_str())
}

#[cfg(test)]
mod tests;
