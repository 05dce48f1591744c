//! Reviews as a catalogue file states them: what a line must say to be believed.
//!
//! The format is written down in `docs/import-format.md`. [`Store::import_reviews`](crate::Store::import_reviews) lands
//! what holds and says why the rest does not.

use chrono::{DateTime, SubsecRound, Utc};
use serde::Deserialize;
use vocab::text::{Paragraphs, TextFlaw, tidy_line, tidy_paragraphs};
use vocab::{ProductId, ReviewId};

use crate::listing::is_a_year;
use crate::review::{Review, Stars};

/// A review, as a file states it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReviewLine {
    pub id: String,
    /// The product's id in the same file.
    pub product: String,
    pub rating: i64,
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub body: Option<String>,
    /// How many people found it helpful.
    #[serde(default)]
    pub helpful: i64,
    #[serde(default)]
    pub recommended: Option<bool>,
    pub created_at: DateTime<Utc>,
}

/// What became of some lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// How many said something new.
    pub changed: usize,
    /// How many said what was known.
    pub unchanged: usize,
    /// Those that did not land, by their index among the lines, each with the reason.
    pub rejected: Vec<(usize, String)>,
}

impl ReviewLine {
    /// Takes out what no reader can see, and what nobody can be asked about: a review is somebody else's words. Whether
    /// anything but spaces and the kind of line breaks had to change.
    pub fn tidy(&mut self) -> bool {
        let title = self.title.as_mut().is_some_and(tidy_line);
        self.body.as_mut().is_some_and(tidy_paragraphs) || title
    }

    /// The review, or why it is none.
    pub(crate) fn review(&self) -> Result<Review, String> {
        Ok(Review {
            id: ReviewId::of_key(checked_key("review", &self.id)?),
            product_id: ProductId::of_key(checked_key("product", &self.product)?),
            author_id: None,
            stars: Stars::new(self.rating).ok_or_else(|| format!("a rating is 1 to 5 stars, not {}", self.rating))?,
            title: text("title", self.title.as_deref())?,
            body: text("body", self.body.as_deref())?,
            recommended: self.recommended,
            helpful: i32::try_from(self.helpful)
                .ok()
                .filter(|&people| people >= 0)
                .ok_or_else(|| format!("{} people cannot have found it helpful", self.helpful))?,
            created_at: Some(self.created_at)
                .filter(|&at| is_a_year(at))
                .ok_or_else(|| format!("{} is no time to have written it", self.created_at))?
                .trunc_subsecs(6),
        })
    }
}

fn checked_key<'key>(noun: &str, key: &'key str) -> Result<&'key str, String> {
    let fits = (1..=64).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let shown: String = key.chars().take(80).collect();
    if fits { Ok(key) } else { Err(format!("`{shown}` is no {noun} id: write 1 to 64 of a-z, 0-9 and -")) }
}

fn text(noun: &str, given: Option<&str>) -> Result<Option<String>, String> {
    match given.map(|given| Paragraphs::parse(given, 1, usize::MAX)) {
        None | Some(Err(TextFlaw::Nothing)) => Ok(None),
        Some(Ok(text)) => Ok(Some(text.into())),
        Some(Err(flaw)) => Err(format!("the {noun} {flaw}")),
    }
}
