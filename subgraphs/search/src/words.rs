//! How text becomes words, the same for what is indexed and for what is asked.
//!
//! Words are runs of letters and digits. Runs that a single sign joins are one chunk, which is found as a whole and by
//! its parts: `dv7-1211ea` is `dv71211ea`, `dv7` and `1211ea`. A part that mixes letters and digits is also found by
//! these: `16gb` is `16` and `gb`.

use std::ops::Range;
use std::sync::LazyLock;

use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, RawTokenizer, RemoveLongFilter, Stemmer, TextAnalyzer, Token,
    TokenStream, Tokenizer,
};
use vocab::text::ascii_digits;

/// The analyzer of text that is searched: parts of codes, word stems.
pub const STEMS: &str = "mercato_stems";
/// The analyzer of words as people write them, which corrections are taken from.
pub const PLAIN: &str = "mercato_plain";

const JOINERS: [char; 9] = ['-', '_', '/', '.', ',', '\'', '’', '+', ':'];
/// A longer chain is a list rather than a code, and nobody asks for it as a whole.
const MOST_PARTS: usize = 6;
const LONGEST_WORD: usize = 64;

/// A run of words that single signs join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Where the words are, in bytes. Never empty.
    pub parts: Vec<Range<usize>>,
}

impl Chunk {
    fn whole(&self) -> Range<usize> {
        let start = self.parts.first().map_or(0, |part| part.start);
        start..self.parts.last().map_or(start, |part| part.end)
    }

    /// The chunk without the signs, if it is a code of several parts.
    pub fn joined(&self, text: &str) -> Option<String> {
        (2..=MOST_PARTS)
            .contains(&self.parts.len())
            .then(|| self.parts.iter().map(|part| &text[part.clone()]).collect())
    }
}

pub fn chunks(text: &str) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut start = None;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if character.is_alphanumeric() {
            start.get_or_insert(at);
            continue;
        }
        if let Some(start) = start.take() {
            parts.push(start..at);
        }
        let goes_on = JOINERS.contains(&character) && characters.peek().is_some_and(|(_, next)| next.is_alphanumeric());
        if !goes_on && !parts.is_empty() {
            chunks.push(Chunk { parts: std::mem::take(&mut parts) });
        }
    }
    parts.extend(start.map(|start| start..text.len()));
    if !parts.is_empty() {
        chunks.push(Chunk { parts });
    }
    chunks
}

/// The letters and the digits of a word that mixes them; nothing of one that does not.
pub fn kinds(word: &str) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut digits = None;
    for (at, character) in word.char_indices() {
        let end = at + character.len_utf8();
        match runs.last_mut() {
            Some(run) if digits == Some(character.is_numeric()) => run.end = end,
            _ => runs.push(at..end),
        }
        digits = Some(character.is_numeric());
    }
    if (2..=MOST_PARTS).contains(&runs.len()) { runs } else { Vec::new() }
}

/// One word in lower case and plain letters.
pub fn plain(word: &str) -> String {
    static ANALYZER: LazyLock<TextAnalyzer> = LazyLock::new(|| {
        TextAnalyzer::builder(RawTokenizer::default()).filter(LowerCaser).filter(AsciiFoldingFilter).build()
    });
    only_token(&ANALYZER, word)
}

/// One word as the index knows it.
pub fn stem(word: &str) -> String {
    static ANALYZER: LazyLock<TextAnalyzer> = LazyLock::new(|| {
        TextAnalyzer::builder(RawTokenizer::default())
            .filter(LowerCaser)
            .filter(AsciiFoldingFilter)
            .filter(Stemmer::new(Language::English))
            .build()
    });
    only_token(&ANALYZER, word)
}

fn only_token(analyzer: &TextAnalyzer, word: &str) -> String {
    let mut analyzer = analyzer.clone();
    let mut stream = analyzer.token_stream(word);
    stream.next().map(|token| token.text.clone()).unwrap_or_default()
}

/// A code as it is compared: without signs, spaces and case.
pub fn code(text: &str) -> String {
    plain(&text.chars().filter(|character| character.is_alphanumeric()).collect::<String>())
}

pub fn stems() -> TextAnalyzer {
    TextAnalyzer::builder(Words { kinds: true })
        .filter(RemoveLongFilter::limit(LONGEST_WORD))
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .filter(Stemmer::new(Language::English))
        .build()
}

pub fn plains() -> TextAnalyzer {
    TextAnalyzer::builder(Words { kinds: false })
        .filter(RemoveLongFilter::limit(LONGEST_WORD))
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .build()
}

#[derive(Clone)]
struct Words {
    kinds: bool,
}

impl Tokenizer for Words {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        let mut tokens = Tokens { tokens: Vec::with_capacity(text.len() / 5), at: 0 };
        let mut position = 0;
        for chunk in chunks(text) {
            if let Some(joined) = chunk.joined(text) {
                tokens.push(joined, chunk.whole(), position);
            }
            for part in &chunk.parts {
                let word = &text[part.clone()];
                tokens.push(word.to_owned(), part.clone(), position);
                if self.kinds {
                    for kind in kinds(word) {
                        tokens.push(
                            word[kind.clone()].to_owned(),
                            part.start + kind.start..part.start + kind.end,
                            position,
                        );
                    }
                }
                position += 1;
            }
        }
        tokens
    }
}

struct Tokens {
    tokens: Vec<Token>,
    /// One past the current token.
    at: usize,
}

impl Tokens {
    fn push(&mut self, text: String, span: Range<usize>, position: usize) {
        let text = if text.is_ascii() { text } else { ascii_digits(&text).into_owned() };
        self.tokens.push(Token { offset_from: span.start, offset_to: span.end, position, text, position_length: 1 });
    }
}

impl TokenStream for Tokens {
    fn advance(&mut self) -> bool {
        self.at += 1;
        self.at <= self.tokens.len()
    }

    fn token(&self) -> &Token {
        &self.tokens[self.at - 1]
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.tokens[self.at - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(analyzer: &mut TextAnalyzer, text: &str) -> Vec<String> {
        let mut words = Vec::new();
        analyzer.token_stream(text).process(&mut |token| words.push(token.text.clone()));
        words
    }

    #[test]
    fn a_model_code_is_found_as_a_whole_and_by_its_parts() {
        let found = words(&mut stems(), "HP dv7-1211ea.");
        assert_eq!(found, ["hp", "dv71211ea", "dv7", "dv", "7", "1211ea", "1211", "ea"]);
    }

    #[test]
    fn a_unit_is_found_with_and_without_its_space() {
        assert!(words(&mut stems(), "16GB").contains(&"gb".to_owned()));
        assert_eq!(words(&mut stems(), "16 GB"), ["16", "gb"]);
    }

    #[test]
    fn words_lose_their_endings_and_accents() {
        assert_eq!(words(&mut stems(), "Wireless Headphones, café"), ["wireless", "headphon", "cafe"]);
        assert_eq!(stem("Headphones"), "headphon");
        assert_eq!(words(&mut plains(), "Wireless Headphones"), ["wireless", "headphones"]);
    }

    #[test]
    fn offsets_stay_in_the_text_whatever_the_script() {
        let text = "«Ünïcode»-Ж5 日本語 🎧🎧 a\u{301}b İstanbul ﬁne";
        let mut analyzer = stems();
        let mut stream = analyzer.token_stream(text);
        while stream.advance() {
            let token = stream.token();
            assert!(text.get(token.offset_from..token.offset_to).is_some(), "{token:?}");
        }
    }

    #[test]
    fn digits_of_every_script_are_one_word() {
        assert_eq!(words(&mut stems(), "٢٥٦ GB"), ["256", "gb"]);
        assert_eq!(words(&mut plains(), "ＵＳＢ ３"), words(&mut plains(), "ＵＳＢ 3"));
    }

    #[test]
    fn signs_alone_are_no_words() {
        for text in ["", "\"(((", "🎧", "- - -", "..."] {
            assert_eq!(chunks(text), [], "{text}");
        }
    }

    #[test]
    fn a_code_is_compared_without_its_signs() {
        assert_eq!(code(" DV7-1211ea "), "dv71211ea");
        assert_eq!(code("0884420 588030"), "0884420588030");
    }
}
