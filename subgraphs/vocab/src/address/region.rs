//! States, provinces, prefectures: the regions that some countries have a list of.

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

use super::country::Country;

/// A region of a country. What does not exist is empty.
pub(super) struct Region {
    /// What stands in an address: `IL`, `Antofagasta`, `東京都`.
    pub key: &'static str,
    pub name: &'static str,
    /// Its name in Latin letters, where the key is in others.
    pub latin: &'static str,
    /// ISO 3166-2, without the country.
    pub iso: &'static str,
    /// Its names in further languages, by tildes.
    pub others: &'static str,
}

impl Region {
    fn names(&self) -> impl Iterator<Item = &'static str> {
        [self.key, self.name].into_iter().chain(self.others.split('~')).filter(|name| !name.is_empty())
    }

    /// As a message names it: `IL (Illinois)`.
    pub fn told(&self) -> String {
        let name = if self.latin.is_empty() { self.name } else { self.latin };
        if name.is_empty() || name == self.key { self.key.to_owned() } else { format!("{} ({name})", self.key) }
    }
}

/// How the country writes the region that somebody means by its code or one of its names. Letters of another script stay
/// Latin where the region has a Latin name: a label is in one script.
pub(super) fn written(country: &Country, given: &str) -> Option<&'static str> {
    let given = plain(given);
    if given.is_empty() {
        return None;
    }
    let iso = given.strip_prefix(&country.code.to_lowercase()).unwrap_or(&given);
    let is = |name: &str| plain(name) == given;
    let found = |holds: &dyn Fn(&Region) -> bool| country.regions.iter().find(|region| holds(region));
    if let Some(region) = found(&|region| region.names().any(is)) {
        return Some(region.key);
    }
    if let Some(region) = found(&|region| !region.latin.is_empty() && is(region.latin)) {
        return Some(region.latin);
    }
    if let Some(region) = found(&|region| !region.iso.is_empty() && plain(region.iso) == iso) {
        return Some(if region.latin.is_empty() { region.key } else { region.latin });
    }
    // Guangdong for Guangdong Sheng, Gyeonggi for Gyeonggi-do, 東京 for 東京都: what kind of region it is may be left out.
    let begins = |name: &str| plain(name).strip_prefix(&given).is_some_and(|kind| kind.len() <= LONGEST_KIND);
    let abroad = country.regions.iter().filter(|region| !region.latin.is_empty() && given.chars().nth(1).is_some());
    let mut begun = abroad.filter(|region| begins(region.latin) || region.names().any(begins));
    match (begun.next(), begun.next()) {
        (Some(region), None) => Some(if given.is_ascii() { region.latin } else { region.key }),
        _ => None,
    }
}

/// The longest word for a kind of region, in bytes: `weiwuerzizhiqu`.
const LONGEST_KIND: usize = 18;

/// A name as it is compared: letters and digits alone, in small letters, without accents.
fn plain(name: &str) -> String {
    let category = CodePointMapData::<GeneralCategory>::new();
    let bare = DecomposingNormalizerBorrowed::new_nfkd().normalize(name);
    let letters = bare.chars().filter(|letter| match category.get(*letter) {
        GeneralCategory::NonspacingMark => false,
        // Vowels of Indian scripts are marks.
        GeneralCategory::SpacingMark => true,
        _ => letter.is_alphanumeric(),
    });
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::super::country::{COUNTRIES, CountryCode};
    use super::*;

    fn region(country: &str, given: &str) -> Option<&'static str> {
        written(CountryCode::parse(country).unwrap().rules(), given)
    }

    #[test]
    fn a_region_is_known_by_its_code_and_by_its_names_in_any_case() {
        for (country, given, key) in [
            ("US", "il", "IL"),
            ("US", "Illinois", "IL"),
            ("US", "ILLINOIS", "IL"),
            ("US", "US-IL", "IL"),
            ("US", "New York", "NY"),
            ("US", "Virginia", "VA"),
            ("CA", "Québec", "QC"),
            ("CA", "quebec", "QC"),
            ("CA", "Colombie-Britannique", "BC"),
            ("BR", "São Paulo", "SP"),
            ("BR", "Sao Paulo", "SP"),
            ("MX", "Jalisco", "Jal."),
            ("AU", "New South Wales", "NSW"),
            ("IT", "Roma", "RM"),
            ("IT", "rm", "RM"),
            ("ES", "Bizkaia", "BI"),
            ("JP", "東京都", "東京都"),
            ("JP", "東京", "東京都"),
            ("JP", "Tokyo", "Tokyo"),
            ("JP", "JP-13", "Tokyo"),
            ("CN", "Guangdong", "Guangdong Sheng"),
            ("CN", "Beijing", "Beijing Shi"),
            ("KR", "Gyeonggi", "Gyeonggi-do"),
            ("KR", "서울", "서울특별시"),
            ("AE", "dubai", "Dubai"),
            ("HK", "九龍", "Kowloon"),
            ("IN", "MH", "Maharashtra"),
            ("IN", "महाराष्ट्र", "Maharashtra"),
            ("IE", "co dublin", "Co. Dublin"),
        ] {
            assert_eq!(region(country, given), Some(key), "{country} {given}");
        }
    }

    #[test]
    fn what_is_no_region_or_could_be_two_is_none() {
        for (country, given) in
            [("US", "ZZ"), ("US", "Carolina"), ("US", "New"), ("CA", "IL"), ("JP", "京"), ("CN", "X")]
        {
            assert_eq!(region(country, given), None, "{country} {given}");
        }
    }

    #[test]
    fn every_region_is_known_by_all_that_it_is_called() {
        let mut held = 0;
        for country in COUNTRIES.values() {
            for one in &country.regions {
                for name in one.names().chain([one.latin]).filter(|name| !name.is_empty()) {
                    assert!(written(country, name).is_some(), "{} {name}", country.code);
                    held += 1;
                }
                // What an address bears means the same when it comes back.
                assert_eq!(written(country, one.key), Some(one.key), "{} {}", country.code, one.key);
            }
        }
        assert!(held > 2_000, "{held}");
    }
}
