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
        [self.key, self.name, self.latin].into_iter().chain(self.others.split('~')).filter(|name| !name.is_empty())
    }

    /// As a message names it: `IL (Illinois)`.
    pub fn told(&self) -> String {
        let name = if self.latin.is_empty() { self.name } else { self.latin };
        if name.is_empty() || name == self.key { self.key.to_owned() } else { format!("{} ({name})", self.key) }
    }
}

/// How the country writes the region that somebody means by its code or one of its names, in whatever script: each region
/// in one way, so that two addresses in it say the same.
pub(super) fn written(country: &Country, given: &str) -> Option<&'static str> {
    let given = plain(given);
    if given.is_empty() {
        return None;
    }
    let iso = given.strip_prefix(&country.code.to_lowercase()).unwrap_or(&given);
    let is = |name: &str| plain(name) == given;
    let found = |holds: &dyn Fn(&Region) -> bool| country.regions.iter().find(|region| holds(region));
    let found = found(&|region| region.names().any(is))
        .or_else(|| found(&|region| !region.iso.is_empty() && plain(region.iso) == iso));
    found.or_else(|| of_another_kind(country, &given)).map(|region| region.key)
}

/// Guangdong for Guangdong Sheng, Gyeonggi for Gyeonggi-do, 東京 for 東京都, and Tokyo-to for Tokyo: what kind of region it
/// is may be left out, or put in. Only where the names are known in Latin letters too, and only if one alone fits.
fn of_another_kind<'a>(country: &'a Country, given: &str) -> Option<&'a Region> {
    let begins = |name: &str| plain(name).strip_prefix(given).is_some_and(|kind| kind.len() <= LONGEST_KIND);
    let bare = without_kind(given);
    let is_bare = |name: &str| name == bare || without_kind(name) == bare;
    let fits = |region: &Region| region.names().any(|name| begins(name) || is_bare(&plain(name)));
    let latin = country.regions.iter().filter(|region| !region.latin.is_empty() && given.chars().nth(1).is_some());
    let mut fitting = latin.filter(|region| fits(region));
    let found = fitting.next()?;
    fitting.next().is_none().then_some(found)
}

/// The longest word for a kind of region, in bytes: `weiwuerzizhiqu`.
const LONGEST_KIND: usize = 18;

/// What the kinds of regions are called in Latin letters: in English, and in the languages whose regions have a name in
/// such letters beside their own.
const KINDS: &[&str] = &[
    "city",
    "county",
    "do",
    "emirate",
    "fu",
    "ken",
    "metropolis",
    "oblast",
    "prefecture",
    "province",
    "region",
    "sheng",
    "shi",
    "si",
    "to",
];

/// A plain name without the word for the kind of region that it ends with.
fn without_kind(name: &str) -> &str {
    let bare = KINDS.iter().filter_map(|kind| name.strip_suffix(kind)).min_by_key(|bare| bare.len());
    bare.filter(|bare| bare.chars().count() > 1).unwrap_or(name)
}

/// A name as it is compared: letters and digits alone, in small letters, without accents.
pub(super) fn plain(name: &str) -> String {
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
            ("JP", "Tokyo", "東京都"),
            ("JP", "TOKYO", "東京都"),
            ("JP", "Tōkyō", "東京都"),
            ("JP", "Tokyo-to", "東京都"),
            ("JP", "Kyoto-fu", "京都府"),
            ("JP", "Osaka Prefecture", "大阪府"),
            ("JP", "JP-13", "東京都"),
            ("CN", "Guangdong", "广东省"),
            ("CN", "Guangdong Province", "广东省"),
            ("CN", "Beijing", "北京市"),
            ("KR", "Gyeonggi", "경기도"),
            ("KR", "서울", "서울특별시"),
            ("AE", "dubai", "إمارة دبيّ"),
            ("TW", "Taipei", "台北市"),
            ("VN", "Ha Giang", "Hà Giang"),
            ("HK", "九龍", "Kowloon"),
            ("HK", "kowloon", "Kowloon"),
            ("HK", "N.T.", "New Territories"),
            ("IN", "MH", "Maharashtra"),
            ("IN", "महाराष्ट्र", "Maharashtra"),
            ("IE", "co dublin", "Co. Dublin"),
        ] {
            assert_eq!(region(country, given), Some(key), "{country} {given}");
        }
    }

    #[test]
    fn what_is_no_region_or_could_be_two_is_none() {
        for (country, given) in [
            ("US", "ZZ"),
            ("US", "Carolina"),
            ("US", "New"),
            ("CA", "IL"),
            ("JP", "京"),
            ("CN", "X"),
            ("TW", "Hsinchu"),
        ] {
            assert_eq!(region(country, given), None, "{country} {given}");
        }
    }

    #[test]
    fn a_region_is_written_in_one_way_whatever_the_script_it_was_given_in() {
        let mut held = 0;
        for country in COUNTRIES.values() {
            let own = |name: &str| country.regions.iter().filter(|one| one.names().any(|other| other == name)).count();
            for one in country.regions.iter().filter(|one| !one.latin.is_empty()) {
                // A name that two regions share is the first one's.
                for name in one.names().filter(|name| own(name) == 1) {
                    assert_eq!(written(country, name), Some(one.key), "{} {name}", country.code);
                    held += 1;
                }
            }
        }
        assert!(held > 900, "{held}");
    }

    #[test]
    fn every_region_is_known_by_all_that_it_is_called() {
        let mut held = 0;
        for country in COUNTRIES.values() {
            for one in &country.regions {
                for name in one.names() {
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
