//! The languages that the shop writes to people in.

/// A language that mails are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    German,
}

impl Language {
    /// The one to write in to somebody who prefers `tag`.
    pub fn of(tag: Option<&str>) -> Self {
        match tag.and_then(|tag| tag.split('-').next()) {
            Some(primary) if primary.eq_ignore_ascii_case("de") => Self::German,
            _ => Self::English,
        }
    }

    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_prefers_a_language_that_we_do_not_write_is_written_to_in_english() {
        for (tag, language) in
            [(Some("de-AT"), Language::German), (Some("fr"), Language::English), (None, Language::English)]
        {
            assert_eq!(Language::of(tag), language, "{tag:?}");
        }
    }
}
