//! How many of a thing.

/// A number of units that somebody may order: 1 to 999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("A quantity of {0} cannot be ordered: choose 1 to {most}.", most = Quantity::MOST_PER_ORDER)]
pub struct QuantityOutOfRange(pub i64);

impl Quantity {
    pub const MOST: u32 = 999;
    /// The most units of one variant that one order takes.
    pub const MOST_PER_ORDER: u32 = 10;

    pub fn try_new(units: impl Into<i64>) -> Result<Self, QuantityOutOfRange> {
        let units = units.into();
        match u32::try_from(units) {
            Ok(fits) if (1..=Self::MOST).contains(&fits) => Ok(Self(fits)),
            _ => Err(QuantityOutOfRange(units)),
        }
    }

    pub fn get(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_orders_less_than_one() {
        assert_eq!(Quantity::try_new(-2), Err(QuantityOutOfRange(-2)));
        assert_eq!(Quantity::try_new(0), Err(QuantityOutOfRange(0)));
        assert_eq!(Quantity::try_new(999).map(Quantity::get), Ok(999));
    }
}
