//! What may happen to Redis in the middle of it all.

use std::time::{Duration, Instant};

use futures::future::join_all;
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use redis::streams::{StreamInfoConsumersReply, StreamInfoGroupsReply};

use super::buyer::{Journey, go};
use super::{Report, Rig};

/// What may happen to Redis.
#[derive(Clone, Copy, Debug)]
pub enum Mishap {
    /// Somebody empties it.
    FlushAll,
    /// It dies and comes back without its file.
    RestartEmpty,
    /// Somebody trims every stream to its last ten entries.
    Trim,
    /// Somebody removes every consumer, and with it what it had in hand.
    DeleteConsumers,
}

impl Mishap {
    pub const ALL: [Self; 4] = [Self::FlushAll, Self::RestartEmpty, Self::Trim, Self::DeleteConsumers];
}

const SETTLES_WITHIN: Duration = Duration::from_secs(180);
const BUYERS: usize = 16;
/// How often a mishap strikes while they buy.
const STRIKES: usize = 5;
const STRIKES_WITHIN: Duration = Duration::from_secs(180);

pub async fn run(buyers_each: usize) -> Report {
    let mut report = Report::default();
    let rig = Rig::open().await;
    let mut told = Vec::new();
    for mishap in Mishap::ALL {
        let since = Instant::now();
        let shop = rig.shop.url();
        let buying = join_all((0..BUYERS).map(async |buyer| {
            let mut promised = Vec::new();
            for turn in 0..buyers_each {
                promised.push(go(shop, Journey::ALL[(buyer + turn) % Journey::ALL.len()]).await);
            }
            promised
        }));
        let striking = async {
            let mut hits = 0;
            while hits < STRIKES && since.elapsed() < STRIKES_WITHIN {
                tokio::time::sleep(Duration::from_millis(300)).await;
                hits += usize::from(strike(&rig, mishap).await);
            }
            hits
        };
        let (bought, hits) = tokio::join!(buying, striking);
        told.extend(bought.into_iter().flatten());
        let load = since.elapsed();
        let settled = rig.settle(SETTLES_WITHIN).await;
        let mut violations = rig.books.violations(&told).await;
        if hits < STRIKES {
            violations.push(format!("it was struck {hits} times"));
        }
        let name =
            format!("Redis: {mishap:?} x{hits}, {} checkouts in {:.1} s", BUYERS * buyers_each, load.as_secs_f64());
        report.case(&name, settled, violations);
    }
    report.say(format!("{} checkouts, {:?}", told.len(), rig.books.orders().await));
    rig.count_hands(&mut report).await;
    report.close("Redis");
    report
}

/// Whether it hit.
async fn strike(rig: &Rig, mishap: Mishap) -> bool {
    // A Redis that is just starting again cannot be struck; the next strike hits.
    let Ok(mut connection) = connect(rig).await else { return false };
    let struck: redis::RedisResult<()> = match mishap {
        Mishap::FlushAll => redis::cmd("FLUSHALL").query_async(&mut connection).await,
        Mishap::RestartEmpty => {
            let folder = rig.premises.data().join("redis/appendonlydir");
            let emptied: redis::RedisResult<()> =
                redis::cmd("CONFIG").arg("SET").arg("appendonly").arg("no").query_async(&mut connection).await;
            // Gone already, when the last one has not written yet.
            let _gone = std::fs::remove_dir_all(folder);
            rig.premises.kill("redis-server");
            emptied
        }
        Mishap::Trim => trim(&mut connection).await,
        Mishap::DeleteConsumers => delete_consumers(&mut connection).await,
    };
    if let Err(cause) = &struck {
        Report::default().say(format!("a strike missed: {cause}"));
    }
    struck.is_ok()
}

async fn connect(rig: &Rig) -> redis::RedisResult<MultiplexedConnection> {
    redis::Client::open(rig.redis_url())?.get_multiplexed_async_connection().await
}

async fn streams(connection: &mut MultiplexedConnection) -> redis::RedisResult<Vec<String>> {
    let keys: Vec<String> = connection.keys("mercato:*").await?;
    let mut streams = Vec::new();
    for key in keys {
        let kind: String = redis::cmd("TYPE").arg(&key).query_async(connection).await?;
        if kind == "stream" {
            streams.push(key);
        }
    }
    Ok(streams)
}

async fn trim(connection: &mut MultiplexedConnection) -> redis::RedisResult<()> {
    for stream in streams(connection).await? {
        redis::cmd("XTRIM").arg(stream).arg("MAXLEN").arg(10).query_async::<()>(connection).await?;
    }
    Ok(())
}

async fn delete_consumers(connection: &mut MultiplexedConnection) -> redis::RedisResult<()> {
    for stream in streams(connection).await? {
        let groups: StreamInfoGroupsReply = connection.xinfo_groups(&stream).await?;
        for group in groups.groups {
            let consumers: StreamInfoConsumersReply = connection.xinfo_consumers(&stream, &group.name).await?;
            for consumer in consumers.consumers {
                connection.xgroup_delconsumer::<_, _, _, ()>(&stream, &group.name, consumer.name).await?;
            }
        }
    }
    Ok(())
}
