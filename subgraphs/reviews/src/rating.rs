//! What the reviews of one product sum up to.

use crate::review::Stars;

/// How many reviews gave one star, two, and so on to five.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rating([i64; 5]);

impl Rating {
    pub fn new(counts: [i64; 5]) -> Self {
        Self(counts)
    }

    pub fn of_one(stars: Stars) -> Self {
        let mut rating = Self::default();
        rating.add(stars, 1);
        rating
    }

    pub fn add(&mut self, stars: Stars, reviews: i64) {
        self.0[usize::from(stars.get().unsigned_abs()) - 1] += reviews;
    }

    pub fn histogram(&self) -> [i64; 5] {
        self.0
    }

    pub fn count(&self) -> i64 {
        self.0.iter().sum()
    }

    /// To the hundredth; none while there is no review.
    pub fn average(&self) -> Option<f64> {
        let count = self.count();
        let stars: i64 = (1..).zip(self.0).map(|(stars, reviews)| stars * reviews).sum();
        let hundredths = (stars * 200 + count).checked_div(count * 2)?;
        Some(hundredths as f64 / 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_average_is_rounded_to_the_hundredth() {
        assert_eq!(Rating::new([1, 0, 0, 0, 2]).average(), Some(3.67));
        assert_eq!(Rating::new([0, 0, 0, 1, 1]).average(), Some(4.5));
        assert_eq!(Rating::new([0, 0, 0, 0, 7]).average(), Some(5.0));
    }

    #[test]
    fn no_review_has_no_average() {
        assert_eq!(Rating::default().average(), None);
        assert_eq!(Rating::default().count(), 0);
    }
}
