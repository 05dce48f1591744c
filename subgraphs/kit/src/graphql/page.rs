//! Lists in pages, by keyset: a cursor holds the sort key of the row it stands behind, so page one thousand costs what
//! page one costs.

use async_graphql::OutputType;
use async_graphql::connection::{Connection, Edge};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Code, Refusal};

/// The most rows that any list gives at once.
pub const MOST: i32 = 100;

/// The part of a list that was asked for: `first` rows behind the row whose key is `after`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Page<K> {
    pub first: u32,
    pub after: Option<K>,
}

impl<K: Serialize + DeserializeOwned> Page<K> {
    pub fn try_new(first: i32, after: Option<String>) -> Result<Self, Refusal> {
        let fits = u32::try_from(first).ok().filter(|&rows| (1..=MOST.unsigned_abs()).contains(&rows));
        let first = fits.ok_or_else(|| {
            Refusal::new(Code::BadUserInput, format!("`first` is {first}: ask for 1 to {MOST} rows."))
        })?;
        let after = after.as_deref().map(decode).transpose()?;
        Ok(Self { first, after })
    }

    /// How many rows to read: one more than asked for, to know whether there are more.
    pub fn limit(&self) -> u64 {
        u64::from(self.first) + 1
    }

    /// The rows that were read, up to [`Page::limit`] of them, as a connection.
    pub fn connection<R, T: OutputType>(
        &self,
        mut rows: Vec<R>,
        key: impl Fn(&R) -> K,
        node: impl Fn(R) -> T,
    ) -> Connection<String, T> {
        let wanted = self.first as usize;
        let mut connection = Connection::new(self.after.is_some(), rows.len() > wanted);
        rows.truncate(wanted);
        connection.edges.extend(rows.into_iter().map(|row| Edge::new(encode(&key(&row)), node(row))));
        connection
    }
}

/// A NUL, as JSON writes it.
const NUL: &[u8] = b"\\u0000";

/// A key as an opaque cursor.
pub fn encode<K: Serialize>(key: &K) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).expect("a key is plain data"))
}

/// The key in a cursor that [`encode`] made.
pub fn decode<K: DeserializeOwned>(cursor: &str) -> Result<K, Refusal> {
    // No key holds a NUL, and Postgres would take none to compare with.
    let json = URL_SAFE_NO_PAD.decode(cursor).ok().filter(|json| !json.windows(NUL.len()).any(|some| some == NUL));
    json.and_then(|json| serde_json::from_slice(&json).ok())
        .ok_or_else(|| Refusal::new(Code::BadCursor, "`after` is no cursor of this list: pass an `endCursor` of its."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let other = encode(&"a name");
        let refused = Page::<(i64, String)>::try_new(10, Some(other)).expect_err("a name is no pair");
        assert_eq!(refused.code, Code::BadCursor);
    }

    #[test]
    fn a_cursor_that_hides_a_nul_is_refused() {
        let forged = encode(&"a\0name");
        assert_eq!(decode::<String>(&forged).expect_err("no key of ours").code, Code::BadCursor);
    }

    #[test]
    fn a_page_is_one_to_a_hundred_rows() {
        for first in [-1, 0, 101, i32::MAX, i32::MIN] {
            assert!(Page::<i64>::try_new(first, None).is_err(), "{first}");
        }
        assert_eq!(Page::<i64>::try_new(100, None), Ok(Page { first: 100, after: None }));
    }

    #[test]
    fn the_extra_row_only_says_that_there_is_more() {
        let page = Page::<i64>::try_new(2, None).expect("two rows");
        let connection = page.connection(vec![1, 2, 3], |&row| row, |row| row as i32);
        assert!(connection.has_next_page);
        assert_eq!(connection.edges.len(), 2);
    }
}
