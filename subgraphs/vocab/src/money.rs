//! Money is minor units and a currency. No float ever touches it, and two currencies never meet in one sum.

use std::fmt;

use async_graphql::{InputObject, InputValueError, InputValueResult, Object, Scalar, ScalarType, Value};
use iso_currency::Currency;
use serde::{Deserialize, Serialize};

use crate::text;

/// A whole number of up to 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BigInt(pub i64);

impl BigInt {
    /// What to give for one, in words.
    pub const EXPECTED: &str = "a whole number of up to 64 bits, as a text such as \"4995\"";
}

/// A whole number of up to 64 bits, as a string of digits, so that no client rounds it: `"4995"`, `"-250"`. The field says
/// of what; an amount of money counts minor units. In an input a JSON number is read too: `4995`.
#[Scalar]
impl ScalarType for BigInt {
    fn parse(value: Value) -> InputValueResult<Self> {
        let parsed = match &value {
            Value::String(digits) => digits.parse().ok(),
            Value::Number(number) => number.as_i64(),
            _ => None,
        };
        parsed.map(Self).ok_or_else(|| InputValueError::custom(format!("give {}", Self::EXPECTED)))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// An ISO 4217 currency code, such as `USD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CurrencyCode([u8; 3]);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("There is no currency {0} in use. Write the three capitals of one, such as USD.")]
pub struct UnknownCurrency(pub String);

impl CurrencyCode {
    pub const USD: Self = Self(*b"USD");
    pub const EUR: Self = Self(*b"EUR");

    /// What to give for one, in words.
    pub const EXPECTED: &str = "the code of a currency that is in use, in capitals as ISO 4217 has it, such as USD";

    /// Those that people may ask to be shown prices in.
    pub const OFFERED: &[Self] = &[
        Self::USD,
        Self::EUR,
        Self(*b"AUD"),
        Self(*b"CAD"),
        Self(*b"CHF"),
        Self(*b"CZK"),
        Self(*b"DKK"),
        Self(*b"GBP"),
        Self(*b"JPY"),
        Self(*b"NOK"),
        Self(*b"PLN"),
        Self(*b"SEK"),
    ];

    /// A currency that something may be priced in: one of ISO 4217 that is in use, and no metal, test or placeholder.
    pub fn parse(given: &str) -> Result<Self, UnknownCurrency> {
        Self::stored(given)?.in_use()
    }

    /// A currency as it was stored. One that has been replaced since stays readable.
    pub fn stored(code: &str) -> Result<Self, UnknownCurrency> {
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(UnknownCurrency(text::shown(code, 16))),
        }
    }

    /// Itself, if something may be priced in it.
    pub fn in_use(self) -> Result<Self, UnknownCurrency> {
        let currency = Currency::from_code(self.as_str());
        // Venezuela counts in VES and in VED, a million of the other; ISO 4217 lists both.
        let in_use = |currency: &Currency| currency.is_superseded().is_none() || *currency == Currency::VES;
        match currency.filter(|currency| !currency.is_special()).filter(in_use) {
            Some(_) => Ok(self),
            None => Err(UnknownCurrency(self.as_str().to_owned())),
        }
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("three ASCII letters are UTF-8")
    }

    /// How many digits stand behind the decimal point.
    pub fn digits(&self) -> usize {
        Currency::from_code(self.as_str()).and_then(Currency::exponent).map_or(2, usize::from)
    }
}

impl fmt::Display for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<CurrencyCode> for String {
    fn from(code: CurrencyCode) -> Self {
        code.as_str().to_owned()
    }
}

/// From where one was written before, or from a file that is checked as a whole.
impl TryFrom<String> for CurrencyCode {
    type Error = UnknownCurrency;

    fn try_from(given: String) -> Result<Self, UnknownCurrency> {
        Self::stored(&given)
    }
}

/// A currency, as ISO 4217 names it in three capitals: `"USD"`, `"JPY"`. In an input it is one that is in use. How many
/// digits stand behind its point the currency says: two for USD, none for JPY, three for KWD.
#[Scalar(specified_by_url = "https://www.iso.org/iso-4217-currency-codes.html")]
impl ScalarType for CurrencyCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(code) => Ok(Self::parse(code)?),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.as_str().to_owned())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("Amounts in {left} and in {right} cannot be added: one sum, one currency.")]
    Mixed { left: CurrencyCode, right: CurrencyCode },
    #[error("The amount is larger than the shop can count.")]
    Overflow,
}

/// An amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    pub minor: i64,
    pub currency: CurrencyCode,
}

impl Money {
    pub fn new(minor: i64, currency: CurrencyCode) -> Self {
        Self { minor, currency }
    }

    pub fn zero(currency: CurrencyCode) -> Self {
        Self::new(0, currency)
    }

    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Mixed { left: self.currency, right: other.currency });
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(minor, self.currency))
    }

    pub fn times(self, quantity: u32) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_mul(i64::from(quantity)).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(minor, self.currency))
    }

    /// The amount in major units with as many digits as its currency has: `49.95`, `1200` for yen.
    pub fn to_decimal(self) -> String {
        let digits = self.currency.digits();
        let sign = if self.minor < 0 { "-" } else { "" };
        let padded = format!("{:0>width$}", self.minor.unsigned_abs(), width = digits + 1);
        let (major, minor) = padded.split_at(padded.len() - digits);
        if digits == 0 { format!("{sign}{major}") } else { format!("{sign}{major}.{minor}") }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_decimal(), self.currency)
    }
}

/// An amount of money. Compute with `minor`; show `decimal`.
#[Object(shareable)]
impl Money {
    /// The amount in minor units of the currency: cents for USD.
    #[graphql(name = "minor")]
    async fn graph_minor(&self) -> BigInt {
        BigInt(self.minor)
    }

    /// The currency, as ISO 4217 names it.
    #[graphql(name = "currency")]
    async fn graph_currency(&self) -> CurrencyCode {
        self.currency
    }

    /// The amount in major units, with as many digits as the currency has: `49.95`.
    #[graphql(name = "decimal")]
    async fn graph_decimal(&self) -> String {
        self.to_decimal()
    }
}

/// An amount of money that a client states, such as the total that it showed.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct MoneyInput {
    /// The amount in minor units of the currency: cents for USD.
    pub minor: BigInt,
    /// The currency, as ISO 4217 names it.
    pub currency: CurrencyCode,
}

impl From<MoneyInput> for Money {
    fn from(input: MoneyInput) -> Self {
        Self::new(input.minor.0, input.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_show_the_digits_of_their_currency() {
        let yen = CurrencyCode::parse("JPY").unwrap();
        assert_eq!(Money::new(4995, CurrencyCode::USD).to_decimal(), "49.95");
        assert_eq!(Money::new(5, CurrencyCode::USD).to_decimal(), "0.05");
        assert_eq!(Money::new(-5, CurrencyCode::USD).to_decimal(), "-0.05");
        assert_eq!(Money::new(1200, yen).to_decimal(), "1200");
    }

    #[test]
    fn every_currency_has_the_digits_that_iso_4217_gives_it() {
        for (code, minor, decimal) in [
            ("CLF", 123_456, "12.3456"),
            ("UYW", 5, "0.0005"),
            ("KWD", 1_234, "1.234"),
            ("TND", -1, "-0.001"),
            ("CLP", 1_200, "1200"),
            ("UYI", 7, "7"),
            ("ISK", 990, "990"),
            ("MRU", 1_050, "10.50"),
            ("MGA", 1_050, "10.50"),
            ("VES", 1, "0.01"),
        ] {
            assert_eq!(Money::new(minor, CurrencyCode::parse(code).expect(code)).to_decimal(), decimal, "{code}");
        }
    }

    #[test]
    fn nothing_is_priced_in_what_is_no_currency() {
        for code in [
            "ZZZ", "XXX", "XTS", "XAU", "XDR", "DEM", "HRK", "BGN", "ZWL", "ANG", "MRO", "usd", "US", "USDD", "",
            "U\0D",
        ] {
            assert!(CurrencyCode::parse(code).is_err(), "{code}");
        }
        assert!(CurrencyCode::OFFERED.iter().all(|code| code.in_use().is_ok()));
        let order = CurrencyCode::stored("HRK").expect("an order of those days stays readable");
        assert_eq!(Money::new(199, order).to_decimal(), "1.99");
    }

    #[test]
    fn two_currencies_never_meet_in_one_sum() {
        let refused = Money::new(1, CurrencyCode::USD).plus(Money::new(1, CurrencyCode::EUR));
        assert_eq!(refused, Err(MoneyError::Mixed { left: CurrencyCode::USD, right: CurrencyCode::EUR }));
    }

    #[test]
    fn a_sum_too_large_is_refused_and_never_wraps() {
        let most = Money::new(i64::MAX, CurrencyCode::USD);
        assert_eq!(most.plus(Money::new(1, CurrencyCode::USD)), Err(MoneyError::Overflow));
        assert_eq!(most.times(2), Err(MoneyError::Overflow));
    }
}
