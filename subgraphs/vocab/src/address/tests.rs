use super::*;

fn input(country: &str, region: Option<&str>, postal_code: Option<&str>) -> AddressInput {
    AddressInput {
        name: "Ada Lovelace".to_owned(),
        line1: "1 Main Street".to_owned(),
        line2: None,
        city: "Springfield".to_owned(),
        region: region.map(str::to_owned),
        postal_code: postal_code.map(str::to_owned),
        country: country.to_owned(),
    }
}

fn address(country: &str, region: Option<&str>, postal_code: Option<&str>) -> Address {
    input(country, region, postal_code).try_into_address(&["address"]).expect("an address")
}

/// The last step of each flaw's path, and its words.
fn flaws(input: AddressInput) -> Vec<(String, String)> {
    let found = input.try_into_address(&["address"]).err().unwrap_or_default();
    found.into_iter().map(|mut flaw| (flaw.path.pop().unwrap_or_default(), flaw.message)).collect()
}

fn flawed(country: &str, region: Option<&str>, postal_code: Option<&str>) -> Vec<String> {
    flaws(input(country, region, postal_code)).into_iter().map(|(field, _)| field).collect()
}

#[test]
fn what_a_country_needs_is_asked_for_and_nothing_else() {
    assert_eq!(flawed("US", None, None), ["region", "postalCode"]);
    assert_eq!(flawed("US", Some("ZZ"), Some("1234")), ["region", "postalCode"]);
    assert!(flawed("US", Some("IL"), Some("62701-1234")).is_empty());
    assert!(flawed("DE", None, Some("10115")).is_empty());
    assert_eq!(flawed("DE", None, Some("1011")), ["postalCode"]);
    assert_eq!(flawed("GB", None, None), ["postalCode"]);
    assert!(flawed("HK", Some("Kowloon"), None).is_empty());
    assert!(flawed("IE", None, None).is_empty());
    assert_eq!(flawed("XX", None, None), ["country"]);
    let singapore = AddressInput { city: String::new(), ..input("SG", None, Some("546080")) };
    assert_eq!(singapore.try_into_address(&[]).expect("a city that is none").city, "");
    assert_eq!(flaws(AddressInput { city: String::new(), ..input("DE", None, Some("10115")) })[0].0, "city");
}

#[test]
fn an_address_is_written_as_its_country_does() {
    let canada = address("ca", Some("ontario"), Some("k1a0b1"));
    assert_eq!((canada.region.as_deref(), canada.postal_code.as_deref()), (Some("ON"), Some("K1A 0B1")));
    assert_eq!(canada.country, "CA");
    assert_eq!(address("LV", None, Some("1073")).postal_code.as_deref(), Some("LV-1073"));
    assert_eq!(address("IE", Some("Dublin 4"), None).region.as_deref(), Some("Dublin 4"));
}

#[test]
fn what_addresses_of_a_country_do_not_have_is_null_whatever_was_typed() {
    let typed = ["-", "0", "00000", "999077", "N/A", "n/a", "a\0b", "\n", &"9".repeat(1_000)];
    let (mut codes, mut regions) = (0, 0);
    for country in country::COUNTRIES.values() {
        for given in typed {
            let region = country.needs_region().then(|| country.regions.first().map_or("Region", |one| one.key));
            let code = country.needs_postal_code().then_some(country.example());
            if !country.has_postal_codes() {
                assert_eq!(address(country.code, region, Some(given)).postal_code, None, "{}", country.code);
                codes += 1;
            }
            if !country.has_regions() {
                assert_eq!(address(country.code, Some(given), code).region, None, "{}", country.code);
                regions += 1;
            }
        }
    }
    assert!(codes > 600 && regions > 1_500, "{codes}, {regions}");
    assert_eq!(address("HK", Some("Kowloon"), Some("999077")).postal_code, None);
    assert_eq!(address("AE", Some("Dubai"), Some("00000")).postal_code, None);
    assert_eq!(address("DE", Some("Bayern"), Some("10115")).region, None);
}

#[test]
fn a_dash_where_nothing_is_to_be_said_says_nothing() {
    for given in ["-", "--", " – ", "—", ".", "/", "ー", "n/a", "N/A ", ""] {
        let address = address("IE", Some(given), Some(given));
        assert_eq!((address.region, address.postal_code), (None, None), "{given}");
        let asked = flaws(input("US", Some(given), Some(given)));
        assert_eq!(asked[0].1, "United States: write the state, such as AL (Alabama).", "{given}");
        assert_eq!(asked[1].1, "United States: write the ZIP code, such as 95014.", "{given}");
    }
}

#[test]
fn a_region_is_kept_in_one_form_whatever_the_script_it_came_in() {
    for (country, forms, kept, code) in [
        ("JP", ["Tokyo", "東京都", "tokyo-to", "JP-13"], "東京都", Some("154-0023")),
        ("HK", ["Kowloon", "九龍", "KOWLOON", "KLN"], "Kowloon", None),
        ("CN", ["Guangdong", "广东省", "Guangdong Sheng", "Guangdong Province"], "广东省", Some("510000")),
        ("KR", ["Seoul", "서울특별시", "서울", "seoul"], "서울특별시", Some("03051")),
    ] {
        for form in forms {
            assert_eq!(address(country, Some(form), code).region.as_deref(), Some(kept), "{form}");
        }
    }
}

#[test]
fn a_postal_code_may_lie_in_another_region_than_the_data_has_it() {
    assert_eq!(address("US", Some("IL"), Some("00000")).postal_code.as_deref(), Some("00000"));
}

#[test]
fn everything_wrong_is_told_at_once_in_words_for_shoppers() {
    let worst = AddressInput {
        name: "\u{200b}".to_owned(),
        line1: "1 Main Street\n2nd floor".to_owned(),
        line2: Some("a\0b".to_owned()),
        city: "x".repeat(201),
        ..input("US", Some("ZZ"), Some("ABC"))
    };
    let told = [
        ("name", "Write the name of who receives the parcel."),
        ("line1", "The street and number has several lines: write it in one."),
        ("line2", "The second line holds characters that cannot be shown: type it anew instead of pasting it."),
        ("city", "The city or town is longer than 200 characters."),
        ("region", "United States: that is no state. Write one, such as AL (Alabama)."),
        ("postalCode", "United States: that is no ZIP code. Write one, such as 95014."),
    ];
    assert_eq!(flaws(worst), told.map(|(field, words)| (field.to_owned(), words.to_owned())));
    let missing = flaws(input("JP", None, None));
    assert_eq!(missing[0].1, "Japan: write the prefecture, such as 北海道 (Hokkaido).");
    assert_eq!(missing[1].1, "Japan: write the postal code, such as 154-0023.");
    let slipped = flaws(input("UK", None, Some("SW1A 1AA")));
    assert_eq!(
        slipped,
        [("country".to_owned(), "There is no country UK. Did you mean GB (United Kingdom)?".to_owned())]
    );
    let nowhere = flaws(input("XX", None, None));
    assert_eq!(nowhere[0].1, "There is no country XX. Write the two letters of one, such as US for the United States.");
}

#[test]
fn a_message_to_a_shopper_holds_no_code() {
    let mut held = 0;
    for country in country::COUNTRIES.values() {
        for (_, words) in flaws(AddressInput { name: String::new(), ..input(country.code, Some("?"), Some("?!")) }) {
            assert!(!words.contains(['`', '"', '\\', '{']), "{words}");
            held += 1;
        }
    }
    assert!(held > 250, "{held}");
}

#[test]
fn a_district_of_dublin_is_no_eircode() {
    assert_eq!(flawed("IE", None, Some("Dublin 2")), ["postalCode"]);
    assert_eq!(address("IE", None, Some("d02af30")).postal_code.as_deref(), Some("D02 AF30"));
    assert_eq!(address("IE", None, Some("D6W XY00")).postal_code.as_deref(), Some("D6W XY00"));
}
