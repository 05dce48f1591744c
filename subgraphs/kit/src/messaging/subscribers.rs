//! Who has to hear what.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Bus, groups};
use crate::Result;

/// The groups that listen to each stream. A message is kept by its sender until all of them have handled it.
#[derive(Clone, Debug, Default)]
pub struct Subscribers {
    /// By stream, the groups of which there is one for each role.
    roles: BTreeMap<String, Vec<String>>,
    /// By stream, how the groups' names begin of which there is one for each replica: `lamps@`.
    replicas: BTreeMap<String, Vec<String>>,
}

impl Subscribers {
    /// A role that shares a stream's messages among its replicas is named `lamps`; one of which each replica hears every
    /// message, `lamps@`.
    pub fn of<'a>(streams: impl IntoIterator<Item = (&'a str, &'a [&'a str])>) -> Self {
        let mut audience = Self::default();
        for (stream, listening) in streams {
            let (replicas, roles) = listening.iter().map(|&name| name.to_owned()).partition(|name| name.ends_with('@'));
            audience.roles.insert(stream.to_owned(), roles);
            audience.replicas.insert(stream.to_owned(), replicas);
        }
        audience
    }

    /// The groups that listen to `stream`; none where nobody does. Those of replicas are among them where [`Self::now`]
    /// was asked.
    pub fn groups(&self, stream: &str) -> &[String] {
        self.roles.get(stream).map_or(&[], Vec::as_slice)
    }

    /// Every stream that somebody listens to.
    pub fn streams(&self) -> impl Iterator<Item = &str> {
        self.roles.keys().map(String::as_str)
    }

    /// Waits no longer for replicas that have shown no life on these streams for so long. Whoever reads a stream sees to that
    /// too, but there may be nobody who does.
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

    /// Who listens to these streams now, the replicas that there are among them. It is asked anew whenever it is to be
    /// decided whether everybody has heard something: a replica that has come since then counts.
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
