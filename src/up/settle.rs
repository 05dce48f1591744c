//! Waiting until the shop is whole.

use std::time::{Duration, Instant};

use contracts::stream;
use kit::messaging::{Bus, Lag, RedisServer, explained, is_transient_in_redis, unsent};

use super::plan::Process;
use crate::config::Config;
use crate::console;
use crate::migrate;
use crate::role::Role;

const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// What an import has told: by whom, on which stream, and who builds something of its own from it. Search is ready when it
/// has the catalogue.
const TOLD: [(Role, &str, &[&str]); 2] = [
    (Role::Catalog, stream::CATALOG_EVENTS, &["orders", "reviews"]),
    (Role::Inventory, stream::INVENTORY_EVENTS, &["orders"]),
];
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(300);

pub async fn all_healthy(processes: &[&Process], within: Duration) -> anyhow::Result<()> {
    let client = reqwest::Client::new();
    let deadline = Instant::now() + within;
    for process in processes {
        let Some(url) = &process.health else { continue };
        while !answers(&client, url).await {
            anyhow::ensure!(
                Instant::now() < deadline,
                "{} is not well after {} s; its log is {}",
                process.name,
                within.as_secs(),
                process.log.display()
            );
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
    Ok(())
}

async fn answers(client: &reqwest::Client, url: &str) -> bool {
    let answer = client.get(url).timeout(Duration::from_secs(2)).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

/// Returns once everything that was imported can be found, bought and reviewed.
pub async fn projections_caught_up(config: &Config) -> anyhow::Result<()> {
    console::say("the catalogue is in; search, orders and reviews take it over");
    let deadline = Instant::now() + CAUGHT_UP_WITHIN;
    let bus = config.connect().await?;
    for (sender, stream, groups) in TOLD {
        published(config, sender, deadline).await?;
        for group in groups {
            taken_over(&bus, stream, group, deadline).await?;
        }
    }
    Ok(())
}

async fn published(config: &Config, sender: Role, deadline: Instant) -> anyhow::Result<()> {
    let db = migrate::open(sender, config).await?;
    while unsent(&db).await.map_err(kit::Failure::into_anyhow)? > 0 {
        anyhow::ensure!(Instant::now() < deadline, "the events of {sender} are not published");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Ok(())
}

async fn taken_over(bus: &Bus, stream: &str, group: &str, deadline: Instant) -> anyhow::Result<()> {
    loop {
        let behind = bus.lag(stream, group).await.map_err(kit::Failure::into_anyhow)?;
        if behind == Lag::default() {
            return Ok(());
        }
        anyhow::ensure!(Instant::now() < deadline, "{group} has not taken over `{stream}`: {behind:?}");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Returns once Redis answers. What waiting does not mend is an error at once.
pub async fn redis(server: &RedisServer, within: Duration) -> anyhow::Result<()> {
    let deadline = Instant::now() + within;
    let client = server.client()?;
    loop {
        let pong = async {
            let mut connection = client.get_multiplexed_async_connection().await?;
            redis::cmd("PING").query_async::<String>(&mut connection).await
        };
        match pong.await {
            Ok(_) => return Ok(()),
            Err(cause) if Instant::now() >= deadline || !is_transient_in_redis(&cause) => {
                return Err(explained(&cause).context("Redis does not answer"));
            }
            Err(_) => tokio::time::sleep(LOOK_AGAIN).await,
        }
    }
}
