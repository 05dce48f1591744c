//! Checkouts at a pace: submitted when they are due, whether or not those before them are through.

use std::time::{Duration, Instant};

use anyhow::Context;
use chrono::{DateTime, Utc};
use kit::Clock;
use serde_json::json;

use super::client::{CHECKOUT_PROGRESS, Client};
use super::figures::Figures;
use super::scenario::{Cart, Shelf, add_to_cart, submit};
use crate::console::say;

/// How many carts are filled at once before the clock starts.
const FILLING: usize = 32;
/// As `nextPollMs` tells a client that has just submitted.
const LOOK_AGAIN: Duration = Duration::from_millis(400);
const SETTLED_WITHIN: Duration = Duration::from_secs(60);

/// One checkout: how long until it was acknowledged, and until it was confirmed.
struct Timed {
    acknowledged: Duration,
    confirmed: Duration,
}

/// Submits `rate` checkouts a second for `span`, and prints how long each took from when it was due.
pub async fn run(client: &Client, shelf: &Shelf, rate: u32, span: Duration) -> anyhow::Result<()> {
    let count = (f64::from(rate) * span.as_secs_f64()) as usize;
    let carts = fill(client, shelf, count).await?;
    let started = Instant::now();
    let mut running = Vec::with_capacity(count);
    for (turn, cart) in carts.into_iter().enumerate() {
        let due = started + Duration::from_secs_f64(turn as f64 / f64::from(rate));
        tokio::time::sleep_until(due.into()).await;
        running.push(tokio::spawn(check_out(client.clone(), cart, due)));
    }
    let (mut acknowledged, mut confirmed) = (Figures::default(), Figures::default());
    for one in running {
        match one.await? {
            Ok(timed) => {
                acknowledged.add(Ok(timed.acknowledged));
                confirmed.add(Ok(timed.confirmed));
            }
            Err(cause) => confirmed.add(Err(format!("{cause:#}"))),
        }
    }
    // Until the last was confirmed: a pace that is not kept up shows here.
    let elapsed = started.elapsed().saturating_sub(LOOK_AGAIN);
    (acknowledged.elapsed, confirmed.elapsed) = (elapsed, elapsed);
    say(&acknowledged.row(&format!("submit, {rate}/s due"), count));
    say(&confirmed.row(&format!("to CONFIRMED, {rate}/s due"), count));
    Ok(())
}

async fn fill(client: &Client, shelf: &Shelf, count: usize) -> anyhow::Result<Vec<Cart>> {
    use futures::{StreamExt, TryStreamExt};
    let filling = (0..count).map(|turn| async move { add_to_cart(client, shelf.variant(turn)).await });
    futures::stream::iter(filling).buffer_unordered(FILLING).try_collect().await
}

/// From when it was due until the shop's own timeline says that the order was confirmed.
async fn check_out(client: Client, cart: Cart, due: Instant) -> anyhow::Result<Timed> {
    let due_at = Clock::system().now() - chrono::TimeDelta::from_std(due.elapsed())?;
    let id = submit(&client, &cart).await?;
    let acknowledged = due.elapsed();
    let since = Instant::now();
    while since.elapsed() < SETTLED_WITHIN {
        tokio::time::sleep(LOOK_AGAIN).await;
        let data = client.ask(CHECKOUT_PROGRESS, json!({"id": id}), Some(&cart.secret)).await?;
        match data["checkout"]["state"].as_str() {
            Some("COMPLETED") => {
                let timeline = data["checkout"]["timeline"].as_array().context("a timeline")?;
                let step = timeline.iter().find(|step| step["name"] == "confirm_order").context("a confirmation")?;
                let at: DateTime<Utc> = step["at"].as_str().context("a time")?.parse()?;
                return Ok(Timed { acknowledged, confirmed: (at - due_at).to_std().unwrap_or_default() });
            }
            Some("FAILED") => anyhow::bail!("the checkout failed: {}", data["checkout"]["failure"]),
            _ => {}
        }
    }
    anyhow::bail!("not settled within {} s", SETTLED_WITHIN.as_secs())
}
