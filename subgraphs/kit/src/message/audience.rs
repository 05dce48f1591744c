//! Who has to hear what.

use std::collections::BTreeMap;

/// The groups that listen to each stream. A message is kept by its sender until all of them have handled it.
#[derive(Clone, Debug, Default)]
pub struct Audience(BTreeMap<String, Vec<String>>);

impl Audience {
    pub fn of<'a>(streams: impl IntoIterator<Item = (&'a str, &'a [&'a str])>) -> Self {
        let groups = |groups: &[&str]| groups.iter().map(|&group| group.to_owned()).collect();
        Self(streams.into_iter().map(|(stream, listening)| (stream.to_owned(), groups(listening))).collect())
    }

    /// The groups that listen to `stream`; none where nobody does.
    pub fn groups(&self, stream: &str) -> &[String] {
        self.0.get(stream).map_or(&[], Vec::as_slice)
    }

    /// Every stream that somebody listens to.
    pub fn streams(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
