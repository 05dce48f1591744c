//! What somebody says of a product.

use chrono::{DateTime, SubsecRound, Utc};
use serde::Serialize;
use vocab::text::{Line, Paragraphs};
use vocab::{NoIdempotencyKey, ProductId, ReviewId, UserId, WrongId};

/// What somebody says of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    pub id: ReviewId,
    pub product_id: ProductId,
    /// None for reviews that were written elsewhere.
    pub author_id: Option<UserId>,
    pub stars: Stars,
    pub title: Option<String>,
    pub body: Option<String>,
    pub recommended: Option<bool>,
    /// How many people found it helpful.
    pub helpful: i32,
    pub created_at: DateTime<Utc>,
}

/// One to five.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Stars(i16);

impl Stars {
    pub fn new(given: i64) -> Option<Self> {
        i16::try_from(given).ok().filter(|stars| (1..=5).contains(stars)).map(Self)
    }

    pub fn get(self) -> i16 {
        self.0
    }
}

/// What somebody typed.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub product_id: String,
    pub rating: i64,
    pub title: Option<String>,
    pub body: String,
    pub recommended: Option<bool>,
}

/// A review that may be published as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Draft {
    pub product_id: ProductId,
    pub stars: Stars,
    pub title: Option<String>,
    pub body: String,
    pub recommended: Option<bool>,
}

/// What keeps a review from being published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    #[error(transparent)]
    Product(WrongId),
    #[error("A rating is 1 to 5 stars.")]
    Rating,
    #[error("Write the title in one line of up to {longest} characters, or leave it out.", longest = Draft::LONGEST_TITLE)]
    Title,
    #[error("Write {shortest} to {longest} characters of plain text.", shortest = Draft::SHORTEST, longest = Draft::LONGEST)]
    Body,
    #[error(transparent)]
    IdempotencyKey(NoIdempotencyKey),
}

impl Draft {
    pub const LONGEST_TITLE: usize = 120;
    pub const SHORTEST: usize = 10;
    pub const LONGEST: usize = 5000;

    /// The draft, or everything that is wrong with it.
    pub fn try_new(typed: Typed) -> Result<Self, Vec<Flaw>> {
        let product_id = ProductId::parse(&typed.product_id).map_err(Flaw::Product);
        let stars = Stars::new(typed.rating).ok_or(Flaw::Rating);
        let title = Line::parse_optional(typed.title.as_deref(), Self::LONGEST_TITLE);
        let title = title.map(|line| line.map(String::from)).map_err(|_told_as_one| Flaw::Title);
        let body = Paragraphs::parse(&typed.body, Self::SHORTEST, Self::LONGEST);
        let body = body.map(String::from).map_err(|_told_as_one| Flaw::Body);
        match (product_id, stars, title, body) {
            (Ok(product_id), Ok(stars), Ok(title), Ok(body)) => {
                Ok(Self { product_id, stars, title, body, recommended: typed.recommended })
            }
            (product_id, stars, title, body) => {
                Err([product_id.err(), stars.err(), title.err(), body.err()].into_iter().flatten().collect())
            }
        }
    }

    /// The review that this draft becomes.
    pub fn by(self, author_id: UserId, now: DateTime<Utc>) -> Review {
        Review {
            id: ReviewId::generate(),
            product_id: self.product_id,
            author_id: Some(author_id),
            stars: self.stars,
            title: self.title,
            body: Some(self.body),
            recommended: self.recommended,
            helpful: 0,
            // As fine as every engine keeps it: what was written is what is read.
            created_at: now.trunc_subsecs(6),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> Typed {
        Typed { product_id: "prod_1".into(), rating: 5, body: "Does what it should.".into(), ..Typed::default() }
    }

    #[test]
    fn everything_wrong_with_a_draft_is_named_at_once() {
        let worst = Typed {
            product_id: "var_1".into(),
            rating: 6,
            title: Some("a\nb".into()),
            body: "short".into(),
            recommended: None,
        };
        let flaws = Draft::try_new(worst).expect_err("nothing holds");
        let flaws: Vec<String> = flaws.iter().map(ToString::to_string).collect();
        assert_eq!(
            flaws,
            [
                "That is not a product id, which starts with prod_.",
                "A rating is 1 to 5 stars.",
                "Write the title in one line of up to 120 characters, or leave it out.",
                "Write 10 to 5000 characters of plain text.",
            ]
        );
    }

    #[test]
    fn a_body_is_10_to_5000_characters_without_the_space_around_it() {
        let body = |body: &str| Draft::try_new(Typed { body: body.into(), ..typed() }).map(|draft| draft.body);
        assert_eq!(body("  0123456789\n"), Ok("0123456789".to_owned()));
        assert!(body(&"é".repeat(5000)).is_ok());
        for refused in ["", " 012345678 ", "a line\0 cut", &"\u{200b}".repeat(20), &"x".repeat(5001)] {
            assert_eq!(body(refused), Err(vec![Flaw::Body]));
        }
    }

    #[test]
    fn a_rating_is_one_to_five() {
        for given in [0, 6, -1, i64::MAX, i64::MIN] {
            assert_eq!(Stars::new(given), None);
        }
        assert_eq!((1..=5).filter_map(Stars::new).map(Stars::get).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn an_empty_title_is_no_title() {
        let draft = Draft::try_new(Typed { title: Some("  ".into()), ..typed() }).expect("it holds");
        assert_eq!(draft.title, None);
    }
}
