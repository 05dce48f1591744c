//! Media types as headers spell them.

/// `application/json; charset=utf-8` taken apart. Names are compared without case.
#[derive(Debug, PartialEq)]
pub struct Media<'a> {
    pub kind: &'a str,
    pub subkind: &'a str,
    parameters: &'a str,
}

impl<'a> Media<'a> {
    pub fn parse(text: &'a str) -> Option<Self> {
        let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
        let (kind, subkind) = essence.trim().split_once('/')?;
        Some(Self { kind: kind.trim(), subkind: subkind.trim(), parameters })
    }

    pub fn is(&self, kind: &str, subkind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind) && self.subkind.eq_ignore_ascii_case(subkind)
    }

    pub fn parameter(&self, name: &str) -> Option<&'a str> {
        let mut pairs = self.parameters.split(';').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().trim_matches('"'))
    }

    /// JSON is UTF-8 here. A client that insists on another charset will not get it.
    pub fn is_utf8(&self) -> bool {
        self.parameter("charset")
            .is_none_or(|charset| ["utf-8", "utf8"].iter().any(|utf8| charset.eq_ignore_ascii_case(utf8)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_case_and_values_may_be_quoted() {
        let media = Media::parse("Application/JSON ; Charset=\"UTF-8\"; q=0.5").expect("a media type");
        assert!(media.is("application", "json") && media.is_utf8());
        assert_eq!(media.parameter("q"), Some("0.5"));
        assert!(!Media::parse("application/json; charset=utf-16").expect("a media type").is_utf8());
    }

    #[test]
    fn a_word_without_a_slash_is_no_media_type() {
        assert_eq!(Media::parse("json"), None);
        assert_eq!(Media::parse(""), None);
    }
}
