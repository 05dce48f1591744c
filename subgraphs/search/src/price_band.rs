//! The steps that prices are counted in.

use serde::{Deserialize, Serialize};
use vocab::{CurrencyCode, Money};

/// Lower bounds of the bands above the first, in minor units of a currency with hundredths. A currency without minor
/// units takes the same numbers: 2,500 yen are what 25 dollars are.
const BOUNDS: [i64; 7] = [2_500, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000];

/// How many bands a currency has.
pub const BANDS: usize = BOUNDS.len() + 1;

/// A range of prices: from the lower bound, included, to the upper one, which is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "(CurrencyCode, usize)", into = "(CurrencyCode, usize)")]
pub struct PriceBand {
    currency: CurrencyCode,
    step: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are {BANDS} price bands")]
pub struct NoSuchBand;

impl TryFrom<(CurrencyCode, usize)> for PriceBand {
    type Error = NoSuchBand;

    fn try_from((currency, step): (CurrencyCode, usize)) -> Result<Self, NoSuchBand> {
        if step < BANDS { Ok(Self { currency, step }) } else { Err(NoSuchBand) }
    }
}

impl From<PriceBand> for (CurrencyCode, usize) {
    fn from(band: PriceBand) -> Self {
        (band.currency, band.step)
    }
}

/// The bounds of a currency's bands, ready to be asked often.
#[derive(Clone, Copy, Debug)]
pub struct Ladder {
    bounds: [i64; BANDS - 1],
}

impl Ladder {
    pub fn of(currency: CurrencyCode) -> Self {
        let scale = if currency.digits() > 2 { 10 } else { 1 };
        Self { bounds: BOUNDS.map(|bound| bound * scale) }
    }

    /// In which band a price lies.
    pub fn step(&self, minor: i64) -> usize {
        self.bounds.iter().take_while(|&&bound| bound <= minor).count()
    }
}

impl PriceBand {
    /// All bands of a currency, from the cheapest.
    pub fn all(currency: CurrencyCode) -> impl Iterator<Item = Self> {
        (0..BANDS).map(move |step| Self { currency, step })
    }

    pub fn currency(self) -> CurrencyCode {
        self.currency
    }

    pub fn step(self) -> usize {
        self.step
    }

    /// The band in words: `Under 25 USD`, `25 – 50 USD`, `2000 USD and more`.
    pub fn label(self) -> String {
        let bounds = Ladder::of(self.currency).bounds;
        let from = self.step.checked_sub(1).and_then(|below| bounds.get(below));
        let to = bounds.get(self.step);
        let currency = self.currency;
        match (from.map(|&minor| self.shown(minor)), to.map(|&minor| self.shown(minor))) {
            (None, Some(to)) => format!("Under {to} {currency}"),
            (Some(from), Some(to)) => format!("{from} – {to} {currency}"),
            (Some(from), None) => format!("{from} {currency} and more"),
            (None, None) => currency.to_string(),
        }
    }

    fn shown(self, minor: i64) -> String {
        let decimal = Money::new(minor, self.currency).to_decimal();
        decimal.split_once('.').map_or(decimal.clone(), |(major, _)| major.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_price_lies_in_one_band() {
        let ladder = Ladder::of(CurrencyCode::USD);
        assert_eq!([0, 2_499, 2_500, 199_999, 200_000, i64::MAX].map(|minor| ladder.step(minor)), [0, 0, 1, 6, 7, 7]);
    }

    #[test]
    fn a_band_reads_well_in_its_currency() {
        let labels = |code: &str| -> Vec<String> {
            PriceBand::all(CurrencyCode::parse(code).unwrap()).map(PriceBand::label).collect()
        };
        let usd = labels("USD");
        assert_eq!([&usd[0], &usd[1], &usd[7]], ["Under 25 USD", "25 – 50 USD", "2000 USD and more"]);
        assert_eq!(labels("JPY")[1], "2500 – 5000 JPY");
        assert_eq!(labels("KWD")[1], "25 – 50 KWD");
    }
}
