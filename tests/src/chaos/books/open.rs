//! What is not finished yet: in a settled shop, nothing.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use redis::AsyncCommands;
use redis::streams::{StreamInfoGroupsReply, StreamRangeReply};

use super::{Books, SUBGRAPHS};

/// Rows that stand for something under way, by subgraph.
const UNDER_WAY: [(&str, &str); 6] = [
    ("orders", "checkout WHERE deadline IS NOT NULL"),
    ("orders", "cancellation WHERE deadline IS NOT NULL"),
    ("orders", "orders WHERE lifecycle = 'PLACED'"),
    ("inventory", "reservation WHERE state IN ('NEW', 'HELD')"),
    ("payments", "payment WHERE state LIKE '%ING'"),
    ("shipping", "shipment WHERE state LIKE '%ING'"),
];

const LOOKS_AGAIN: Duration = Duration::from_millis(100);

impl Books {
    /// Waits until nothing is left to do, and says how long that took. An error names what is still open.
    pub async fn settle(&self, redis_url: &str, within: Duration) -> Result<Duration, Vec<String>> {
        let since = Instant::now();
        loop {
            let open = self.still_open(redis_url).await;
            if open.is_empty() {
                return Ok(since.elapsed());
            }
            if since.elapsed() > within {
                return Err(open);
            }
            tokio::time::sleep(LOOKS_AGAIN).await;
        }
    }

    /// What is still open: sagas, promises, messages that were not sent, read, handled or marked.
    pub async fn still_open(&self, redis_url: &str) -> Vec<String> {
        let mut open = Vec::new();
        for (role, rows) in UNDER_WAY {
            let count = self.count(role, rows).await;
            if count > 0 {
                open.push(format!("{count} of {role}'s {rows}"));
            }
        }
        for role in SUBGRAPHS {
            let messages = self.count(role, "outbox").await;
            if messages > 0 {
                let kinds = self.rows(role, "SELECT kind, COUNT(*) AS n FROM outbox GROUP BY kind").await;
                open.push(format!("{messages} messages in the outbox of {role}: {}", serde_json::Value::from(kinds)));
            }
        }
        match unacknowledged(redis_url).await {
            Ok(streams) => open.extend(streams),
            Err(cause) => open.push(format!("Redis: {cause}")),
        }
        open
    }
}

/// The groups that have not read or not acknowledged everything on their stream.
async fn unacknowledged(redis_url: &str) -> redis::RedisResult<Vec<String>> {
    let mut connection = redis::Client::open(redis_url)?.get_multiplexed_async_connection().await?;
    let keys: Vec<String> = connection.keys("mercato:*").await?;
    let mut behind = Vec::new();
    for key in keys {
        let kind: String = redis::cmd("TYPE").arg(&key).query_async(&mut connection).await?;
        if kind != "stream" {
            continue;
        }
        if key.ends_with(":dead") {
            let letters: StreamRangeReply = connection.xrange_all(&key).await?;
            let causes: BTreeSet<String> = letters.ids.iter().filter_map(|letter| letter.get("cause")).collect();
            if !letters.ids.is_empty() {
                behind.push(format!("{} dead letters in {key}: {causes:?}", letters.ids.len()));
            }
            continue;
        }
        let groups: StreamInfoGroupsReply = connection.xinfo_groups(&key).await?;
        for group in groups.groups {
            // Redis' own count of the lag goes wrong when unread entries are trimmed away.
            let after = format!("({}", group.last_delivered_id);
            let unread: StreamRangeReply = connection.xrange_count(&key, after, "+", 100).await?;
            let unread = unread.ids.len();
            if unread + group.pending > 0 {
                behind.push(format!("{} of {key}: {unread} unread, {} pending", group.name, group.pending));
            }
        }
    }
    Ok(behind)
}
