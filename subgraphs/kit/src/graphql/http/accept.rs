//! Which media type to answer in.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

use super::media::Media;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `application/graphql-response+json`: the status tells how the operation went.
    GraphqlResponse,
    /// `application/json`: the status tells only how the HTTP request went.
    Json,
}

impl Format {
    pub fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }

    fn subkind(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "graphql-response+json",
            Self::Json => "json",
        }
    }
}

/// How gladly a client takes a format: by quality, then by how exactly it named the format. `None` when not at all.
type Liking = Option<(u16, Exactness)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Exactness {
    Anything,
    Kind,
    Named,
}

/// `None` when the client takes neither format. A client that does not say, be it in no header or in an empty one, or
/// takes anything, gets plain JSON: it may be older than the other one. A client that names both alike gets the better one.
pub fn negotiate(headers: &HeaderMap) -> Option<Format> {
    let (mut ranges, mut says) = (Vec::new(), false);
    for header in headers.get_all(ACCEPT) {
        let named = header.to_str().ok()?.split(',').filter(|range| !range.trim().is_empty());
        ranges.extend(named.inspect(|_| says = true).filter_map(Media::parse));
    }
    if !says {
        return Some(Format::Json);
    }
    match (liking(&ranges, Format::GraphqlResponse), liking(&ranges, Format::Json)) {
        (None, None) => None,
        (Some(_), None) => Some(Format::GraphqlResponse),
        (None, Some(_)) => Some(Format::Json),
        (Some((response, exactness)), Some((json, _))) => {
            let better = response > json || (response == json && exactness == Exactness::Named);
            Some(if better { Format::GraphqlResponse } else { Format::Json })
        }
    }
}

/// The most exact range that covers the format decides, as RFC 9110 says.
fn liking(ranges: &[Media<'_>], format: Format) -> Liking {
    let covering = ranges.iter().filter_map(|range| {
        let exactness = if range.is("application", format.subkind()) {
            Exactness::Named
        } else if range.is("application", "*") {
            Exactness::Kind
        } else if range.is("*", "*") {
            Exactness::Anything
        } else {
            return None;
        };
        Some((exactness, quality(range)))
    });
    let (exactness, quality) = covering.max()?;
    (quality > 0).then_some((quality, exactness))
}

/// In thousandths. What makes no sense counts as a refusal.
fn quality(range: &Media<'_>) -> u16 {
    if !range.is_utf8() {
        return 0;
    }
    let Some(text) = range.parameter("q") else { return 1_000 };
    match text.parse::<f32>() {
        Ok(quality) if (0.0..=1.0).contains(&quality) => (quality * 1_000.0).round() as u16,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn for_accept(values: &[&str]) -> Option<Format> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(ACCEPT, value.parse().expect("a header value"));
        }
        negotiate(&headers)
    }

    #[test]
    fn each_client_gets_the_format_it_likes_best() {
        let (json, response) = (Some(Format::Json), Some(Format::GraphqlResponse));
        let cases: [(&[&str], Option<Format>); 20] = [
            (&[], json),
            (&[""], json),
            (&[" , ", ""], json),
            (&["", "text/html"], None),
            (&["*/*"], json),
            (&["application/*"], json),
            (&["application/json"], json),
            (&["APPLICATION/JSON; charset=UTF-8"], json),
            (&["application/graphql-response+json"], response),
            (&["application/graphql-response+json; charset=utf-8, application/json; charset=utf-8"], response),
            (&["application/json", "application/graphql-response+json"], response),
            (&["application/graphql-response+json;q=0.9, application/json"], json),
            (&["application/json;q=0.5, */*"], response),
            (&["application/json;q=0, */*;q=0.1"], response),
            (&["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"], json),
            (&["multipart/mixed;deferSpec=20220824,application/json"], json),
            (&["text/html"], None),
            (&["application/json; charset=utf-16"], None),
            (&["*/*;q=0"], None),
            (&["application/json;q=many"], None),
        ];
        for (accept, format) in cases {
            assert_eq!(for_accept(accept), format, "{accept:?}");
        }
    }
}
