//! What addresses of each country need.

use regex::Regex;

use super::Address;

/// What is wrong with a field.
pub(super) struct Flaw {
    pub field: &'static str,
    pub message: String,
}

/// What addresses of one country need.
struct Country {
    code: &'static str,
    needs_region: bool,
    needs_postal_code: bool,
    /// What a whole postal code looks like; None where there are none, or nothing is known of them.
    postal_code: Option<&'static str>,
    example: &'static str,
    /// The codes of all regions, separated by tildes; None where a region is free text.
    regions: Option<&'static str>,
}

const TABLE: &str = include_str!("countries.tsv");

fn countries() -> impl Iterator<Item = Country> {
    let told = |text: &'static str| (text != "-").then_some(text);
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(move |line| {
        let mut columns = line.split('\t');
        let (code, needs) = (columns.next()?, columns.next()?);
        let (postal_code, example) = (told(columns.next()?), columns.next()?);
        let regions = told(columns.next()?);
        let (needs_region, needs_postal_code) = (needs.contains('S'), needs.contains('Z'));
        Some(Country { code, needs_region, needs_postal_code, postal_code, example, regions })
    })
}

/// Writes the address as its country does, and tells what cannot stand.
pub(super) fn settle(address: &mut Address) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    let Some(country) = countries().find(|country| country.code == address.country) else {
        let message = format!("there is no country `{}` in ISO 3166-1", address.country);
        return vec![Flaw { field: "country", message }];
    };
    match (&mut address.region, country.regions) {
        (Some(region), Some(codes)) => {
            let code = region.to_uppercase();
            if codes.split('~').any(|one| one == code) {
                *region = code;
            } else {
                let message = format!("`region` is a code such as {} there", codes.split('~').next().unwrap_or(codes));
                flaws.push(Flaw { field: "region", message });
            }
        }
        (None, _) if country.needs_region => {
            flaws.push(Flaw { field: "region", message: "an address in this country needs a `region`".to_owned() });
        }
        _ => {}
    }
    match (&mut address.postal_code, country.postal_code) {
        (Some(given), Some(pattern)) => {
            *given = given.to_uppercase();
            if !matches(pattern, given) {
                let message = format!("`postalCode` is not one of this country, such as {}", country.example);
                flaws.push(Flaw { field: "postalCode", message });
            }
        }
        (None, _) if country.needs_postal_code => {
            let message = format!("an address in this country needs a `postalCode`, such as {}", country.example);
            flaws.push(Flaw { field: "postalCode", message });
        }
        _ => {}
    }
    flaws
}

fn matches(pattern: &str, postal_code: &str) -> bool {
    let whole = Regex::new(&format!("^(?:{pattern})$")).expect("every pattern of the table is tested");
    whole.is_match(postal_code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(country: &str, region: Option<&str>, postal_code: Option<&str>) -> Address {
        Address {
            name: "Ada Lovelace".to_owned(),
            line1: "1 Main Street".to_owned(),
            line2: None,
            city: "Springfield".to_owned(),
            region: region.map(str::to_owned),
            postal_code: postal_code.map(str::to_owned),
            country: country.to_owned(),
        }
    }

    fn flawed(country: &str, region: Option<&str>, postal_code: Option<&str>) -> Vec<&'static str> {
        settle(&mut address(country, region, postal_code)).into_iter().map(|flaw| flaw.field).collect()
    }

    #[test]
    fn every_country_s_own_example_is_one_of_its_postal_codes() {
        let mut known = 0;
        for country in countries() {
            known += 1;
            let Some(pattern) = country.postal_code else { continue };
            assert!(matches(pattern, country.example), "{}: {} is not {pattern}", country.code, country.example);
        }
        assert_eq!(known, 252);
    }

    #[test]
    fn what_a_country_needs_is_asked_for_and_nothing_else() {
        assert_eq!(flawed("US", None, None), ["region", "postalCode"]);
        assert_eq!(flawed("US", Some("ZZ"), Some("1234")), ["region", "postalCode"]);
        assert!(flawed("US", Some("IL"), Some("62701-1234")).is_empty());
        assert!(flawed("DE", None, Some("10115")).is_empty());
        assert_eq!(flawed("DE", None, Some("1011")), ["postalCode"]);
        assert!(flawed("HK", Some("Kowloon"), None).is_empty());
        assert!(flawed("IE", None, None).is_empty());
        assert_eq!(flawed("XX", None, None), ["country"]);
    }

    #[test]
    fn codes_are_written_in_capitals() {
        let mut given = address("CA", Some("on"), Some("k1a 0b1"));
        assert!(settle(&mut given).is_empty());
        assert_eq!((given.region.as_deref(), given.postal_code.as_deref()), (Some("ON"), Some("K1A 0B1")));
    }
}
