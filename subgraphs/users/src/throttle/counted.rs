//! Attempts, counted in Redis for all replicas.

use kit::messaging::Bus;
use redis::RedisResult;

/// How often something was tried, and until when that is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counted {
    pub attempts: u32,
    pub seconds_left: u32,
}

/// Counts one more under `key`, from the first on for `seconds`.
pub(super) async fn count(bus: &Bus, key: &str, seconds: u32) -> RedisResult<Counted> {
    let mut counting = redis::pipe();
    counting.atomic();
    counting.cmd("SET").arg(key).arg(0).arg("EX").arg(seconds).arg("NX").ignore();
    counting.cmd("INCR").arg(key);
    counting.cmd("TTL").arg(key);
    let (attempts, left): (u32, i64) = counting.query_async(&mut bus.connection()).await?;
    Ok(Counted { attempts, seconds_left: u32::try_from(left).unwrap_or(seconds) })
}

pub(super) async fn forget(bus: &Bus, key: &str) -> RedisResult<()> {
    redis::cmd("DEL").arg(key).query_async(&mut bus.connection()).await
}
