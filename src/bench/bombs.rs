//! Bombs thrown at a shop while visitors go on: how soon each is refused, what visitors notice, what memory is left.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use kit::graphql::guard::Bomb;
use serde_json::Value;

use super::client::Client;
use super::figures::Figures;
use super::memory;
use super::scenario::{Scenario, Shelf};
use crate::console::say;

/// How many throw at once, and how often each does: a hundred bombs a second in all.
const THROWERS: usize = 8;
const EVERY: Duration = Duration::from_millis(80);
/// How many visitors look at pages meanwhile.
const VISITORS: usize = 4;

/// Measures visitors alone, then beside the bombs of the edge, and tells what each refusal took.
pub async fn run(client: &Client, shelf: &Arc<Shelf>, file: &Path, data: &Path, span: Duration) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let bombs: Vec<Bomb> = Bomb::parse(&text)?.into_iter().filter(|bomb| bomb.door == "edge").collect();
    anyhow::ensure!(!bombs.is_empty(), "{} has no bombs for the edge", file.display());
    let bodies: Arc<Vec<(String, Value)>> =
        Arc::new(bombs.iter().map(|bomb| (bomb.name.clone(), bomb.body())).collect());
    let page = Scenario::product_page(client, shelf);
    memory::print(data);
    say(&Figures::heading());
    say(&super::measure(&page, VISITORS, span).await.row("product page alone", VISITORS));
    let over = Arc::new(AtomicBool::new(false));
    let throwing: Vec<_> = (0..THROWERS)
        .map(|thrower| tokio::spawn(throw(client.clone(), Arc::clone(&bodies), thrower, Arc::clone(&over))))
        .collect();
    say(&super::measure(&page, VISITORS, span).await.row("beside the bombs", VISITORS));
    over.store(true, Ordering::Relaxed);
    let mut refused = Figures::default();
    for thrower in throwing {
        thrower.await??.into_iter().for_each(|took| refused.add(Ok(took)));
    }
    refused.elapsed = span + span.min(Duration::from_secs(1));
    say(&refused.row("bombs refused", THROWERS));
    say(&super::measure(&page, VISITORS, span).await.row("product page afterwards", VISITORS));
    memory::print(data);
    say("");
    say("each bomb alone, ms until it is refused");
    for (name, body) in bodies.iter() {
        let asked = Instant::now();
        let cost = refusal(client, name, body).await?;
        say(&format!("  {name:<45} {:>6.1}  costs {cost}", asked.elapsed().as_secs_f64() * 1000.0));
    }
    Ok(())
}

/// Throws one after another until it is over: how long each refusal took.
async fn throw(
    client: Client,
    bodies: Arc<Vec<(String, Value)>>,
    thrower: usize,
    over: Arc<AtomicBool>,
) -> anyhow::Result<Vec<Duration>> {
    let mut thrown = Vec::new();
    let mut due = tokio::time::interval(EVERY);
    for turn in (0..bodies.len()).cycle().skip(thrower * bodies.len() / THROWERS) {
        due.tick().await;
        if over.load(Ordering::Relaxed) {
            break;
        }
        let (name, body) = &bodies[turn];
        let asked = Instant::now();
        refusal(&client, name, body).await?;
        thrown.push(asked.elapsed());
    }
    Ok(thrown)
}

/// What a bomb was refused for.
async fn refusal(client: &Client, name: &str, body: &Value) -> anyhow::Result<u64> {
    let answer: Value = serde_json::from_slice(&client.send(body, None).await?)?;
    let told = &answer["errors"][0]["extensions"];
    anyhow::ensure!(told["code"] == "TOO_COMPLEX", "\"{name}\" was not refused: {answer}");
    told["cost"].as_u64().with_context(|| format!("\"{name}\" was refused for another reason: {answer}"))
}
