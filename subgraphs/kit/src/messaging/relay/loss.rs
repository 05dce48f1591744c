//! Finds that Redis has lost what was on a stream: emptied, started again without its file, or replaced by a replica that
//! lagged. Then nothing need wait for its time to be looked after.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use redis::{RedisError, Value, from_redis_value};

use crate::Result;
use crate::messaging::Bus;
use crate::messaging::bus::{Place, entry_order, stream_key};

/// How far each stream was that this process has published on.
#[derive(Default)]
pub(super) struct Known(Mutex<HashMap<String, Reached>>);

#[derive(Clone, Copy, Default)]
struct Reached {
    /// The last entry that it is known to have had.
    last: Place,
    /// How many entries it is known to have had in all.
    added: u64,
}

impl Known {
    pub(super) fn published(&self, stream: &str, entry: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = match known.get_mut(stream) {
            Some(reached) => &mut reached.last,
            None => &mut known.entry(stream.to_owned()).or_default().last,
        };
        *last = (*last).max(entry_order(entry));
    }

    /// The streams that have less than they are known to have had.
    pub(super) async fn lost(&self, bus: &Bus) -> Result<Vec<String>> {
        let before: Vec<(String, Reached)> = {
            let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.iter().map(|(stream, reached)| (stream.clone(), *reached)).collect()
        };
        let mut lost = Vec::new();
        for (stream, before) in before {
            let now = reached(bus, &stream).await?;
            let has_less = now.last < before.last || now.added < before.added;
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(stream.clone(), now);
            if has_less {
                lost.push(stream);
            }
        }
        Ok(lost)
    }
}

/// How far a stream is; nowhere where there is none.
async fn reached(bus: &Bus, stream: &str) -> Result<Reached> {
    let mut asked = redis::cmd("XINFO");
    asked.arg("STREAM").arg(stream_key(stream));
    let told: HashMap<String, Value> = match asked.query_async(&mut bus.connection()).await {
        Ok(told) => told,
        Err(cause) if is_no_stream(&cause) => return Ok(Reached::default()),
        Err(cause) => return Err(cause.into()),
    };
    let mut told = told;
    let last: Option<String> = told.remove("last-generated-id").and_then(|value| from_redis_value(value).ok());
    let added: Option<u64> = told.remove("entries-added").and_then(|value| from_redis_value(value).ok());
    Ok(Reached { last: last.map_or((0, 0), |last| entry_order(&last)), added: added.unwrap_or_default() })
}

fn is_no_stream(cause: &RedisError) -> bool {
    cause.to_string().contains("no such key")
}
