//! One line of a catalogue file.

use catalog::import::{CategoryLine, ProductLine};
use inventory::import::LocationLine;
use reviews::import::ReviewLine;
use serde::Deserialize;
use vocab::CurrencyCode;

const FORMAT: &str = "mercato-catalogue";
const VERSION: u32 = 1;

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Line {
    Header(Header),
    Category(CategoryLine),
    Location(LocationLine),
    Product(Box<ProductLine>),
    Review(ReviewLine),
}

/// What a file says of itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    format: String,
    version: u32,
    /// Of every price in the file.
    pub currency: CurrencyCode,
    #[serde(default, rename = "generated")]
    _generated: Vec<String>,
    #[serde(default, rename = "sources")]
    _sources: Vec<Source>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "licence")]
    _licence: String,
    #[serde(rename = "url")]
    _url: String,
}

impl Line {
    /// Makes its texts fit to be shown. Whether that took more than spaces.
    pub fn tidy(&mut self) -> bool {
        match self {
            Self::Header(_) => false,
            Self::Category(line) => line.tidy(),
            Self::Location(line) => line.tidy(),
            Self::Product(line) => line.tidy(),
            Self::Review(line) => line.tidy(),
        }
    }

    pub fn parse(json: &[u8]) -> Result<Self, String> {
        // The parser would take a list for an object without names.
        if !json.trim_ascii_start().starts_with(b"{") {
            return Err("not a JSON object".to_owned());
        }
        serde_json::from_slice(json).map_err(|cause| without_position(&cause))
    }
}

impl Header {
    pub fn check(&self) -> Result<(), String> {
        if self.format != FORMAT {
            return Err(format!("its format is `{}`, not `{FORMAT}`", self.format));
        }
        if self.version != VERSION {
            return Err(format!("its version is {}; this program reads version {VERSION}", self.version));
        }
        self.currency.in_use().map(drop).map_err(|unknown| unknown.to_string())
    }
}

/// The parser counts lines within the line: the column is all that helps.
fn without_position(cause: &serde_json::Error) -> String {
    let text = cause.to_string();
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    if cause.is_data() { what.to_owned() } else { format!("not JSON: {what} at column {}", cause.column()) }
}

#[cfg(test)]
mod tests {
    use super::Line;

    #[test]
    fn a_line_that_is_no_line_says_why() {
        for (json, reason) in [
            (r#"{"kind":"category","id":"#, "not JSON: EOF while parsing a value at column 24"),
            (r#"{"id":"a"}"#, "missing field `kind`"),
            (r#"{"kind":"category","id":"a"}"#, "missing field `name`"),
            (r#"{"kind":"category","id":"a","name":"A","parents":"b"}"#, "unknown field `parents`"),
            (r#"{"kind":"gift","id":"a"}"#, "unknown variant `gift`"),
            (r#"["category","a","A",null]"#, "not a JSON object"),
            ("\u{feff}{}", "not a JSON object"),
        ] {
            let refused = Line::parse(json.as_bytes()).expect_err(json);
            assert!(refused.starts_with(reason), "{json}: {refused}");
        }
    }
}
