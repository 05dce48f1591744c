//! The status of the index: whether it has held the whole catalogue, and every change since.

use serde::{Deserialize, Serialize};

/// Stored with each commit of the index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Whether it has ever held the whole catalogue.
    pub whole: bool,
    /// The group that has got every change since the index held the whole catalogue. `None` if it may have missed one.
    pub follows: Option<String>,
    /// Counts the commits, so that an earlier state of the index can be told from a later one.
    #[serde(default)]
    pub commits: u64,
}

impl State {
    /// As the last commit says. An index of a release that did not say goes on serving what it has.
    pub fn of(index: &tantivy::Index, products: u64) -> tantivy::Result<Self> {
        let said = index.load_metas()?.payload.and_then(|payload| serde_json::from_str(&payload).ok());
        Ok(said.unwrap_or(Self { whole: products > 0, ..Self::default() }))
    }

    pub fn payload(&self) -> String {
        serde_json::to_string(self).expect("plain data")
    }
}

/// The current status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexStatus {
    pub state: State,
    /// Set while the index is being filled.
    pub filling: Option<Filling>,
    /// Why the index cannot be written now.
    pub trouble: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filling {
    /// The name of the request for the catalogue.
    pub request: String,
    /// How many products have come.
    pub heard: u64,
    /// How many messages of the answers.
    pub parts: usize,
    /// Of how many, once that is known.
    pub total: Option<u64>,
}

impl std::fmt::Display for Filling {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { heard, total, .. } = self;
        match total {
            Some(total) => write!(to, "filling: {} of {} products", grouped(*heard), grouped(*total)),
            None => write!(to, "filling: the catalogue is asked for its products"),
        }
    }
}

/// A number as people read it: `20,612`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_it_is_reads_well() {
        let filling = |heard, total| Filling { request: String::new(), heard, parts: 0, total }.to_string();
        assert_eq!(filling(4_000, Some(20_612)), "filling: 4,000 of 20,612 products");
        assert_eq!(filling(0, Some(1_000_000)), "filling: 0 of 1,000,000 products");
        assert_eq!(filling(0, None), "filling: the catalogue is asked for its products");
    }
}
