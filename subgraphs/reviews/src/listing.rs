//! Which reviews of a product, in which order.

use async_graphql::Enum;
use chrono::{DateTime, Datelike, Utc};
use kit::graphql::page::Page;
use kit::{Code, Refusal};
use serde::{Deserialize, Serialize};
use vocab::ReviewId;

use crate::review::Review;

/// The order of reviews. Within it, what is equal is newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(name = "ReviewSort")]
pub enum Sort {
    /// Those first that most people found helpful.
    Helpful,
    /// Newest first.
    Newest,
    /// Fewest stars first.
    RatingLow,
}

/// Where a review stands in its order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Position {
    Helpful(i32, DateTime<Utc>, ReviewId),
    Newest(DateTime<Utc>, ReviewId),
    RatingLow(i16, DateTime<Utc>, ReviewId),
}

impl Position {
    pub fn of(review: &Review, sort: Sort) -> Self {
        let (created_at, id) = (review.created_at, review.id.clone());
        match sort {
            Sort::Helpful => Self::Helpful(review.helpful, created_at, id),
            Sort::Newest => Self::Newest(created_at, id),
            Sort::RatingLow => Self::RatingLow(review.stars.get(), created_at, id),
        }
    }

    fn sort(&self) -> Sort {
        match self {
            Self::Helpful(..) => Sort::Helpful,
            Self::Newest(..) => Sort::Newest,
            Self::RatingLow(..) => Sort::RatingLow,
        }
    }

    fn created_at(&self) -> DateTime<Utc> {
        match self {
            Self::Helpful(_, created_at, _) | Self::Newest(created_at, _) | Self::RatingLow(_, created_at, _) => {
                *created_at
            }
        }
    }
}

/// A page of reviews in an order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Listing {
    pub sort: Sort,
    pub page: Page<Position>,
}

impl Listing {
    pub fn try_new(sort: Sort, first: i32, after: Option<String>) -> Result<Self, Refusal> {
        let page = Page::<Position>::try_new(first, after)?;
        let ours = page.after.as_ref().is_none_or(|after| after.sort() == sort && is_a_year(after.created_at()));
        if ours {
            Ok(Self { sort, page })
        } else {
            Err(Refusal::new(Code::BadCursor, "`after` is no cursor of this list: pass an `endCursor` of its."))
        }
    }
}

/// A year that every engine can hold.
pub fn is_a_year(at: DateTime<Utc>) -> bool {
    (1970..=9999).contains(&at.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(position: &Position) -> Option<String> {
        Some(kit::graphql::page::encode(position))
    }

    #[test]
    fn a_cursor_of_another_order_is_refused() {
        let id = ReviewId::of_key("1");
        let newest = cursor(&Position::Newest(DateTime::UNIX_EPOCH, id.clone()));
        assert!(Listing::try_new(Sort::Newest, 10, newest.clone()).is_ok());
        let refused = Listing::try_new(Sort::Helpful, 10, newest).expect_err("another order");
        assert_eq!(refused.code, Code::BadCursor);
        let helpful = cursor(&Position::Helpful(1, DateTime::UNIX_EPOCH, id));
        assert!(Listing::try_new(Sort::RatingLow, 10, helpful).is_err());
    }

    #[test]
    fn a_cursor_at_the_end_of_time_is_refused() {
        let never = cursor(&Position::Newest(DateTime::<Utc>::MAX_UTC, ReviewId::of_key("1")));
        assert!(Listing::try_new(Sort::Newest, 10, never).is_err());
    }
}
