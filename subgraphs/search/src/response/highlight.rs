//! The piece of a text that matches best, with the matches marked.

use std::collections::BTreeSet;
use std::ops::Range;

use super::parsed_query::ParsedQuery;
use crate::words;

/// How long a piece is, about.
const LENGTH: usize = 160;
/// How much stands before the first match.
const LEAD: usize = 30;

pub struct Highlighter {
    stems: BTreeSet<String>,
}

/// A word of the text.
struct Mark {
    span: Range<usize>,
    stem: String,
}

impl Highlighter {
    /// None when there is nothing to mark.
    pub fn new(wording: &ParsedQuery) -> Option<Self> {
        let stems: BTreeSet<String> = wording.stems().into_iter().map(str::to_owned).collect();
        (!stems.is_empty()).then_some(Self { stems })
    }

    /// HTML: the text is escaped, matches stand in `<em>`. None when nothing of it matches.
    pub fn snippet(&self, text: &str) -> Option<String> {
        let (words, marks) = self.marks(text);
        let first = self.best(&marks)?;
        let start =
            words.iter().map(|word| word.start).find(|start| start + LEAD >= first.start).unwrap_or(first.start);
        let end = words.iter().map(|word| word.end).take_while(|end| *end <= start + LENGTH).last().unwrap_or(0);
        let window = start..end.max(first.end);
        let mut html = String::from(if start > 0 { "… " } else { "" });
        let mut at = window.start;
        for mark in merged(&marks) {
            if mark.start >= at && mark.end <= window.end {
                escape(&text[at..mark.start], &mut html);
                html.push_str("<em>");
                escape(&text[mark.clone()], &mut html);
                html.push_str("</em>");
                at = mark.end;
            }
        }
        // What follows the last word is punctuation, which may stay when the text ends with it.
        let rest = &text[window.end..];
        let ends = rest.trim().chars().all(|character| !character.is_alphanumeric());
        let end = if ends { window.end + rest.trim_end().len() } else { window.end };
        escape(&text[at..end], &mut html);
        html.push_str(if ends { "" } else { " …" });
        Some(html)
    }

    fn marks(&self, text: &str) -> (Vec<Range<usize>>, Vec<Mark>) {
        let mut words = Vec::new();
        let mut marks = Vec::new();
        words::stems().token_stream(text).process(&mut |token| {
            let span = token.offset_from..token.offset_to;
            if self.stems.contains(&token.text) {
                marks.push(Mark { span: span.clone(), stem: token.text.clone() });
            }
            words.push(span);
        });
        (words, marks)
    }

    /// The first match of the window with the most different matches.
    fn best(&self, marks: &[Mark]) -> Option<Range<usize>> {
        let different = |from: &Mark| {
            let inside = marks.iter().filter(|mark| mark.span.start >= from.span.start);
            let inside = inside.take_while(|mark| mark.span.end <= from.span.start + LENGTH - LEAD);
            inside.map(|mark| mark.stem.as_str()).collect::<BTreeSet<_>>().len()
        };
        // Of equals the last is the greatest, and the first is wanted.
        marks.iter().rev().max_by_key(|mark| different(mark)).map(|mark| mark.span.clone())
    }
}

/// Marks in order, where a code and its parts are one.
fn merged(marks: &[Mark]) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = marks.iter().map(|mark| mark.span.clone()).collect();
    spans.sort_by_key(|span| (span.start, span.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for span in spans {
        match merged.last_mut() {
            Some(last) if last.end > span.start => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

fn escape(text: &str, html: &mut String) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snippet(query: &str, text: &str) -> Option<String> {
        Highlighter::new(&ParsedQuery::read(query, &|_| false))?.snippet(text)
    }

    #[test]
    fn matches_are_marked_and_the_text_is_escaped() {
        let html = snippet("headphone", "Headphones <b>& more</b>, for \"you\".").expect("a match");
        assert_eq!(html, "<em>Headphones</em> &lt;b&gt;&amp; more&lt;/b&gt;, for &quot;you&quot;.");
    }

    #[test]
    fn the_piece_with_most_of_the_words_is_shown() {
        let text =
            format!("A mouse. {} A wireless mouse for the desk. {}", "Filler words. ".repeat(30), "End. ".repeat(40));
        let html = snippet("wireless mouse", &text).expect("a match");
        assert!(html.starts_with("… ") && html.ends_with(" …"), "{html}");
        assert!(html.contains("<em>wireless</em> <em>mouse</em>"), "{html}");
    }

    #[test]
    fn what_does_not_match_has_no_piece() {
        assert_eq!(snippet("mouse", "A keyboard."), None);
        assert_eq!(snippet("", "A keyboard."), None);
    }

    #[test]
    fn a_code_is_one_mark() {
        assert_eq!(snippet("dv7-1211ea", "The dv7-1211ea!").as_deref(), Some("The <em>dv7-1211ea</em>!"));
    }

    #[test]
    fn other_scripts_are_cut_between_characters() {
        let text = format!("{} мышь 日本語マウス 🎧 {}", "ж🎧é ".repeat(60), "語🎧 ".repeat(60));
        assert!(snippet("мышь", &text).expect("a match").contains("<em>мышь</em>"));
    }
}
