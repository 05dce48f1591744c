use super::*;

pub(crate) fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_614_400, 0).expect("a date in range")
}

pub(crate) fn offer(key: &str, minor: i64) -> Offer {
    Offer {
        variant_id: VariantId::of_key(key),
        product_id: vocab::ProductId::of_key(key),
        sku: key.to_uppercase(),
        title: format!("Thing {key}"),
        options: None,
        price: Money::new(minor, CurrencyCode::USD),
        weight_grams: Some(400),
        version: 1,
        removed: false,
    }
}

pub(crate) fn offers(given: impl IntoIterator<Item = Offer>) -> Offers {
    given.into_iter().map(|offer| (offer.variant_id.clone(), offer)).collect()
}

fn wanted(key: &str, units: i32) -> Wanted {
    Wanted { variant_id: Ok(VariantId::of_key(key)), units }
}

fn setting(line: &CartLineId, units: i32) -> Setting {
    Setting { line_id: Ok(line.clone()), units }
}

pub(crate) fn a_cart(lines: &[(&str, i32)], offers: &Offers) -> Cart {
    let mut cart = Cart::open(CartId::of_key("1"), Owner::user("user_1"), CurrencyCode::USD, noon());
    let lines: Vec<Wanted> = lines.iter().map(|&(key, units)| wanted(key, units)).collect();
    cart.add(&lines, offers, noon()).expect("the lines fit");
    cart
}

fn codes(refused: Vec<ShopperError>) -> Vec<(UserErrorCode, String)> {
    let code = |refusal| match refusal {
        ShopperError::Invalid(invalid) => (invalid.code, invalid.path.join(".")),
        ShopperError::QuantityLimit { path, .. } => (UserErrorCode::QuantityLimit, path.join(".")),
        other => panic!("{other:?}"),
    };
    refused.into_iter().map(code).collect()
}

/// Of a single refusal.
fn code(refused: Vec<ShopperError>) -> (UserErrorCode, String) {
    let [code] = codes(refused).try_into().expect("one refusal");
    code
}

#[test]
fn the_same_variant_adds_up_in_one_line() {
    let cart = a_cart(&[("a", 2), ("b", 1), ("a", 3)], &offers([offer("a", 1_000), offer("b", 250)]));
    let lines: Vec<_> = cart.lines.iter().map(|line| (line.sku.as_str(), line.quantity.get())).collect();
    assert_eq!(lines, [("A", 5), ("B", 1)]);
    assert_eq!(cart.cost().expect("small").total, Money::new(5_250, CurrencyCode::USD));
    assert_eq!((cart.weight_grams(), cart.version), (2_400, 1));
}

#[test]
fn a_line_holds_at_most_ten_units_and_a_cart_100_lines() {
    let many: Vec<Offer> = (0..=MOST_LINES).map(|index| offer(&index.to_string(), 1)).collect();
    let lines: Vec<Wanted> = many.iter().map(|offer| wanted(&offer.variant_id.as_str()[4..], 1)).collect();
    let offers = offers(many);
    let mut cart = a_cart(&[("1", 10)], &offers);
    let refused = cart.add(&[wanted("1", 1)], &offers, noon()).expect_err("eleven");
    assert_eq!(code(refused), (UserErrorCode::QuantityLimit, "lines.0.quantity".to_owned()));
    let mut cart = a_cart(&[("0", 1)], &offers);
    let refused = cart.add(&lines, &offers, noon()).expect_err("101 lines");
    assert_eq!(code(refused), (UserErrorCode::InvalidInput, "lines".to_owned()));
}

#[test]
fn everything_wrong_with_lines_to_add_is_told_at_once_each_with_its_place() {
    use UserErrorCode::{CurrencyMismatch, InvalidInput, NotFound, QuantityLimit};
    let euro = Offer { price: Money::new(1, CurrencyCode::EUR), ..offer("e", 1) };
    let offers = offers([offer("a", 1_000), offer("b", 1), euro]);
    let mut cart = a_cart(&[("a", 8)], &offers);
    let garbled = Wanted { variant_id: VariantId::parse("prod_1"), units: -1 };
    let asked = [
        garbled,
        wanted("b", 1),
        wanted("nowhere", 0),
        wanted("a", 3),
        wanted("e", 1),
        wanted("b", 0),
        wanted("b", 5_000),
    ];
    let refused = cart.add(&asked, &offers, noon()).expect_err("nearly nothing of it");
    let told = [
        (InvalidInput, "lines.0.variantId"),
        (InvalidInput, "lines.0.quantity"),
        (NotFound, "lines.2.variantId"),
        (InvalidInput, "lines.2.quantity"),
        (QuantityLimit, "lines.3.quantity"),
        (CurrencyMismatch, "lines.4.variantId"),
        (InvalidInput, "lines.5.quantity"),
        (QuantityLimit, "lines.6.quantity"),
    ];
    assert_eq!(codes(refused), told.map(|(code, path)| (code, path.to_owned())));
}

#[test]
fn everything_wrong_with_lines_to_set_is_told_at_once_each_with_its_place() {
    use UserErrorCode::{InvalidInput, NotFound, QuantityLimit, VersionConflict};
    let offers = offers([offer("a", 1_000), offer("b", 250)]);
    let cart = a_cart(&[("a", 1), ("b", 1)], &offers);
    let (a, b, gone) = (cart.lines[0].id.clone(), cart.lines[1].id.clone(), CartLineId::generate());
    let garbled = Setting { line_id: CartLineId::parse("a"), units: -1 };
    let asked = [setting(&a, 0), garbled, setting(&a, 2), setting(&b, 11), setting(&gone, -1), setting(&gone, 0)];
    let told = [
        (InvalidInput, "lines.1.lineId"),
        (InvalidInput, "lines.1.quantity"),
        (InvalidInput, "lines.2.lineId"),
        (QuantityLimit, "lines.3.quantity"),
        (NotFound, "lines.4.lineId"),
        (InvalidInput, "lines.4.quantity"),
        (InvalidInput, "lines.5.lineId"),
    ];
    let told = told.map(|(code, path)| (code, path.to_owned()));
    assert_eq!(codes(cart.clone().set(None, &asked, &offers, noon()).expect_err("flawed")), told);
    // Of a cart that is another by now: what would be wrong in any.
    let late = codes(cart.clone().set(Some(7), &asked, &offers, noon()).expect_err("flawed, and late"));
    let of_any = told.into_iter().filter(|(code, _)| *code == InvalidInput);
    assert_eq!(late, Vec::from_iter(std::iter::once((VersionConflict, "version".to_owned())).chain(of_any)));
}

#[test]
fn two_currencies_never_meet_in_one_cart() {
    let euro = Offer { price: Money::new(1, CurrencyCode::EUR), ..offer("e", 1) };
    let offers = offers([offer("a", 1_000), euro]);
    let mut cart = a_cart(&[("a", 1)], &offers);
    let refused = cart.add(&[wanted("e", 1)], &offers, noon()).expect_err("euro");
    assert_eq!(code(refused).0, UserErrorCode::CurrencyMismatch);
}

#[test]
fn what_is_not_for_sale_is_not_added() {
    let gone = Offer { removed: true, ..offer("g", 1) };
    let offers = offers([offer("a", 1), gone]);
    let mut cart = a_cart(&[("a", 1)], &offers);
    for key in ["g", "nowhere"] {
        let refused = cart.add(&[wanted("a", 1), wanted(key, 1)], &offers, noon()).expect_err(key);
        assert_eq!(code(refused), (UserErrorCode::NotFound, "lines.1.variantId".to_owned()));
    }
}

#[test]
fn a_changed_price_is_an_issue_until_the_line_is_set_again() {
    let mut cart = a_cart(&[("a", 2), ("b", 1)], &offers([offer("a", 1_000), offer("b", 10)]));
    let now = offers([offer("a", 1_200), Offer { removed: true, ..offer("b", 10) }]);
    let issues = cart.issues(&now, &FreeUnits::new());
    assert!(matches!(&issues[..], [CartIssue::PriceChanged { .. }, CartIssue::Unavailable { .. }]), "{issues:?}");
    assert_eq!(cart.cost().expect("small").total.minor, 2_010);
    let settings =
        [setting(&cart.lines[0].id, cart.lines[0].quantity.get().cast_signed()), setting(&cart.lines[1].id, 0)];
    cart.set(Some(1), &settings, &now, noon()).expect("both lines are there");
    assert_eq!(cart.issues(&now, &FreeUnits::new()), []);
    assert_eq!(cart.cost().expect("small").total.minor, 2_400);
}

#[test]
fn a_change_on_an_old_version_is_refused() {
    let offers = offers([offer("a", 1)]);
    let mut cart = a_cart(&[("a", 1)], &offers);
    let refused = cart.set(Some(0), &[], &offers, noon()).expect_err("version 1 by now");
    assert_eq!(code(refused).0, UserErrorCode::VersionConflict);
}

#[test]
fn a_cart_in_checkout_or_closed_takes_no_changes() {
    let offers = offers([offer("a", 1)]);
    for state in [CartState::CheckingOut, CartState::Closed, CartState::Merged] {
        let mut cart = Cart { state, ..a_cart(&[("a", 1)], &offers) };
        assert_eq!(code(cart.add(&[], &offers, noon()).expect_err("closed")).0, UserErrorCode::CartClosed);
        assert_eq!(code(cart.set(None, &[], &offers, noon()).expect_err("closed")).0, UserErrorCode::CartClosed);
    }
}

#[test]
fn a_line_is_set_whatever_became_of_the_others() {
    let offers = offers([offer("a", 1_000), offer("b", 250)]);
    let mut cart = a_cart(&[("a", 1), ("b", 1)], &offers);
    let (a, b) = (cart.lines[0].id.clone(), cart.lines[1].id.clone());
    cart.set(None, &[setting(&a, 0)], &offers, noon()).expect("out");
    cart.set(None, &[setting(&b, 7)], &offers, noon()).expect("set");
    assert_eq!((cart.lines.len(), cart.lines[0].quantity.get(), cart.version), (1, 7, 3));
    cart.set(None, &[setting(&a, 0)], &offers, noon()).expect("it is gone already");
    assert_eq!(cart.version, 3, "nothing has changed");
    cart.set(None, &[setting(&a, 0), setting(&b, 8)], &offers, noon()).expect("one is gone, one is set");
    assert_eq!((cart.lines[0].quantity.get(), cart.version), (8, 4));
    let refused = cart.set(None, &[setting(&a, 1)], &offers, noon()).expect_err("there is no such line");
    assert_eq!(code(refused), (UserErrorCode::NotFound, "lines.0.lineId".to_owned()));
}

#[test]
fn claiming_twice_changes_nothing_the_second_time() {
    let mut cart = a_cart(&[("a", 1)], &offers([offer("a", 1)]));
    assert!(cart.claim(&Owner::user("user_2"), noon()));
    assert!(!cart.claim(&Owner::user("user_2"), noon()));
    assert_eq!(cart.version, 2);
}

#[test]
fn a_total_too_large_is_refused_and_never_wraps() {
    let offers = offers([offer("a", i64::MAX / 2)]);
    let mut cart = a_cart(&[("a", 2)], &offers);
    let refused = cart.add(&[wanted("a", 1)], &offers, noon()).expect_err("too much");
    assert_eq!(code(refused).0, UserErrorCode::InvalidInput);
}
