//! Which consumer groups must acknowledge the messages of a stream.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Bus, groups};
use crate::Result;

/// The consumer groups of each stream. A sender keeps a message until all of them have acknowledged it.
#[derive(Clone, Debug, Default)]
pub struct Subscribers {
    /// By stream, the groups of which there is one for each role.
    roles: BTreeMap<String, Vec<String>>,
    /// By stream, how the groups' names begin of which there is one for each replica: `lamps@`.
    replicas: BTreeMap<String, Vec<String>>,
}

impl Subscribers {
    /// `lamps` names a role whose replicas share one group; `lamps@` a role of which each replica has a group of its own, and
    /// so gets every message.
    pub fn of<'a>(streams: impl IntoIterator<Item = (&'a str, &'a [&'a str])>) -> Self {
        let mut subscribers = Self::default();
        for (stream, listening) in streams {
            let (replicas, roles) = listening.iter().map(|&name| name.to_owned()).partition(|name| name.ends_with('@'));
            subscribers.roles.insert(stream.to_owned(), roles);
            subscribers.replicas.insert(stream.to_owned(), replicas);
        }
        subscribers
    }

    /// The groups of `stream`. Those of replicas are included only in what [`Self::now`] returns.
    pub fn groups(&self, stream: &str) -> &[String] {
        self.roles.get(stream).map_or(&[], Vec::as_slice)
    }

    /// Every stream that has a group.
    pub fn streams(&self) -> impl Iterator<Item = &str> {
        self.roles.keys().map(String::as_str)
    }

    /// Destroys the groups of replicas that have shown no sign of life on these streams for `after`. Consumers of the stream do
    /// so too, but there may be none.
    pub(super) async fn expire<'a>(
        &self,
        bus: &Bus,
        streams: impl IntoIterator<Item = &'a str>,
        after: Duration,
    ) -> Result<()> {
        for stream in streams.into_iter().collect::<BTreeSet<_>>() {
            if self.replicas.get(stream).is_some_and(|replicas| !replicas.is_empty()) {
                groups::expire(&mut bus.connection(), stream, after).await?;
            }
        }
        Ok(())
    }

    /// The groups of these streams as they are now, with those of replicas. It is read anew each time that it is decided whether
    /// every group has acknowledged something, so that a replica that has come since counts.
    pub(super) async fn now<'a>(&self, bus: &Bus, streams: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut now = self.clone();
        for stream in streams.into_iter().collect::<BTreeSet<_>>() {
            let Some(prefixes) = self.replicas.get(stream).filter(|prefixes| !prefixes.is_empty()) else { continue };
            let names = groups::names(&mut bus.connection(), stream).await?;
            let replicas = names.into_iter().filter(|name| prefixes.iter().any(|prefix| name.starts_with(prefix)));
            now.roles.entry(stream.to_owned()).or_default().extend(replicas);
        }
        Ok(now)
    }
}
