//! Waiting until the shop is whole.

use std::time::{Duration, Instant};

use anyhow::Context;
use kit::message::{Bus, Lag, unsent};

use super::plan::Process;
use super::table;
use crate::config::Config;
use crate::role::Role;
use crate::serve;

const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Who builds something of its own from the catalogue's events.
const PROJECTIONS: [&str; 3] = ["search", "orders", "reviews"];
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
pub async fn projections_caught_up(config: &Config, redis_url: &str) -> anyhow::Result<()> {
    table::say("the catalogue is in; search, orders and reviews take it over");
    let deadline = Instant::now() + CAUGHT_UP_WITHIN;
    let catalog = serve::open_migrated(Role::Catalog, &config.place("catalog")?).await?;
    while unsent(&catalog).await.map_err(kit::Failure::into_anyhow)? > 0 {
        anyhow::ensure!(Instant::now() < deadline, "the catalogue's events are not published");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    let bus = Bus::connect(redis_url).await.map_err(kit::Failure::into_anyhow)?;
    for group in PROJECTIONS {
        loop {
            let published = bus.lag("catalog.events", group).await.map_err(kit::Failure::into_anyhow)?;
            if published == Lag::default() {
                break;
            }
            anyhow::ensure!(Instant::now() < deadline, "{group} has not taken over the catalogue: {published:?}");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
    Ok(())
}

/// Returns once Redis answers.
pub async fn redis(url: &str, within: Duration) -> anyhow::Result<()> {
    let deadline = Instant::now() + within;
    let client = redis::Client::open(url).context("`redis` is no URL of a Redis server")?;
    loop {
        let pong = async {
            let mut connection = client.get_multiplexed_async_connection().await?;
            redis::cmd("PING").query_async::<String>(&mut connection).await
        };
        match pong.await {
            Ok(_) => return Ok(()),
            Err(cause) if Instant::now() >= deadline => {
                return Err(cause).context("Redis does not answer");
            }
            Err(_) => tokio::time::sleep(LOOK_AGAIN).await,
        }
    }
}
