//! `mercato bench`: what a running shop does in a second. Prints figures and judges none.

mod baseline;
mod bombs;
mod client;
mod figures;
mod logins;
mod memory;
mod pace;
mod scenario;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::client::Client;
use self::figures::Figures;
use self::scenario::Scenario;
use crate::console::say;

#[derive(clap::Args)]
pub struct Options {
    /// The shop to measure.
    #[arg(long, default_value = "http://127.0.0.1:4000")]
    url: String,
    /// The shop's data folder, to find its processes by: their memory is told too.
    #[arg(long, default_value = ".mercato")]
    data: PathBuf,
    /// How long each line is measured for.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// How many connections ask at once, one line each.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64])]
    connections: Vec<usize>,
    /// Instead: submit so many checkouts a second, whether or not those before are through. One line for each pace.
    #[arg(long, value_delimiter = ',')]
    checkouts: Vec<u32>,
    /// Instead: the product page alone, and beside so many connections that sign in. The shop must not count attempts:
    /// set `accounts.logins_per_account` and `accounts.logins_per_client` to 0.
    #[arg(long)]
    logins: Option<usize>,
    /// Instead: throw the bombs in this file (tests/bombs.toml has some), and tell how soon each is refused, what visitors
    /// notice, and the memory before and after.
    #[arg(long, value_name = "FILE")]
    bombs: Option<PathBuf>,
    /// Only the scenarios whose names contain this.
    #[arg(long, default_value = "")]
    only: String,
}

pub async fn run(options: Options) -> anyhow::Result<()> {
    let client = Client::new(&options.url);
    let shelf = Arc::new(scenario::Shelf::stock(&client).await?);
    if !options.checkouts.is_empty() {
        say(&Figures::heading());
        for &rate in &options.checkouts {
            pace::run(&client, &shelf, rate, Duration::from_secs_f64(options.seconds)).await?;
        }
        return Ok(());
    }
    if let Some(logins) = options.logins {
        let span = Duration::from_secs_f64(options.seconds);
        logins::run(&client, &shelf, &options.connections, logins, span).await;
        return Ok(());
    }
    if let Some(file) = &options.bombs {
        let span = Duration::from_secs_f64(options.seconds);
        return bombs::run(&client, &shelf, file, &options.data, span).await;
    }
    let baseline = baseline::serve(shelf.product_page_bytes()).await?;
    say(&Figures::heading());
    let mut scenarios = Scenario::all(&client, &shelf);
    scenarios.insert(0, Scenario::baseline(baseline));
    for scenario in scenarios.into_iter().filter(|scenario| scenario.name.contains(&options.only)) {
        for &connections in &options.connections {
            let figures = measure(&scenario, connections, Duration::from_secs_f64(options.seconds)).await;
            say(&figures.row(scenario.name, connections));
        }
    }
    memory::print(&options.data);
    Ok(())
}

/// Asks again as soon as the answer is there, on every connection, and keeps the time of each answer.
async fn measure(scenario: &Scenario, connections: usize, span: Duration) -> Figures {
    let warm = Instant::now() + span.min(Duration::from_secs(1));
    ask_until(scenario, connections, warm).await;
    let started = Instant::now();
    let mut figures = ask_until(scenario, connections, started + span).await;
    figures.elapsed = started.elapsed();
    figures
}

async fn ask_until(scenario: &Scenario, connections: usize, end: Instant) -> Figures {
    let askers = (0..connections).map(|asker| {
        let mut ask = scenario.asker(asker);
        tokio::spawn(async move {
            let mut figures = Figures::default();
            while Instant::now() < end {
                figures.add(ask().await);
            }
            figures
        })
    });
    let mut all = Figures::default();
    for asker in futures::future::join_all(askers).await {
        match asker {
            Ok(figures) => all.merge(figures),
            Err(cause) => say(&format!("an asker broke off: {cause}")),
        }
    }
    all
}
