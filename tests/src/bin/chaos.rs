//! Attacks shops of its own and prints what came of it. `./mercato chaos` builds what it needs and runs it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use system_tests::chaos::outage::Outage;
use system_tests::chaos::points::Mode;
use system_tests::chaos::{Report, disk, doubles, hot, kills, outage, points, redis, rolling};

/// Attacks a shop of its own and prints what came of it.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    attack: Attack,
}

#[derive(Subcommand)]
enum Attack {
    /// Kill, pause or repeat at every named crash point.
    Points {
        /// Only points whose names, `ROLE@POINT`, contain this.
        #[arg(long, default_value = "")]
        only: String,
        /// Only one of `kill`, `pause`, `twice`.
        #[arg(long)]
        mode: Option<String>,
    },
    /// Kill processes at random under load.
    Kills {
        #[arg(long, value_delimiter = ',', default_values_t = [1, 2, 3, 4])]
        seeds: Vec<u64>,
        /// How many for each seed.
        #[arg(long, default_value_t = 50)]
        kills: usize,
    },
    /// Empty, trim and restart Redis under load.
    Redis {
        /// How many checkouts each of the 16 buyers makes for each mishap.
        #[arg(long, default_value_t = 12)]
        each: usize,
    },
    /// Have everybody want the same variant.
    Hot {
        #[arg(long, default_value_t = 5_000)]
        attempts: usize,
        #[arg(long, default_value_t = 200)]
        clients: usize,
    },
    /// Fill the disk, then let every sync fail.
    Disk,
    /// Renew every replica of every role, each behind a balancer that learns late of who is ready.
    Rolling {
        #[arg(long, default_value_t = 20)]
        orders_a_second: u32,
        /// A `mercato` of another release: the shop runs it at first, then ours, then it again.
        #[arg(long)]
        former: Option<PathBuf>,
    },
    /// Cut off Redis, fill it up, cut off Postgres, silence the payment gateway.
    Outage {
        /// Only one of `redis-away`, `redis-full`, `postgres-away`, `gateway-away`.
        #[arg(long)]
        only: Option<String>,
        #[arg(long, default_value_t = 20)]
        seconds: u64,
        #[arg(long, default_value_t = 10)]
        orders_a_second: u32,
    },
    /// Submit every checkout twice at once.
    Doubles {
        #[arg(long, default_value_t = 10_000)]
        submits: usize,
        #[arg(long, default_value_t = 32)]
        clients: usize,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let report = run(Cli::parse().attack).await;
    if report.violations().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run(attack: Attack) -> Report {
    match attack {
        Attack::Points { only, mode } => {
            let chosen = |candidate: &Mode| mode.as_deref().is_none_or(|word| word == candidate.word());
            points::run(&Mode::ALL.into_iter().filter(chosen).collect::<Vec<_>>(), &only).await
        }
        Attack::Kills { seeds, kills } => {
            let mut all = Report::default();
            for seed in seeds {
                all.merge(kills::run(seed, kills).await);
            }
            all.close("random kills");
            all
        }
        Attack::Redis { each } => redis::run(each).await,
        Attack::Hot { attempts, clients } => hot::run(attempts, clients).await,
        Attack::Disk => {
            let mut both = disk::full().await;
            both.merge(disk::failing().await);
            both.close("disk");
            both
        }
        Attack::Rolling { orders_a_second, former } => rolling::run(orders_a_second, former).await,
        Attack::Outage { only, seconds, orders_a_second } => {
            let chosen = |one: &Outage| only.as_deref().is_none_or(|word| word == one.word());
            let outages: Vec<_> = Outage::ALL.into_iter().filter(chosen).collect();
            outage::run(&outages, Duration::from_secs(seconds), orders_a_second).await
        }
        Attack::Doubles { submits, clients } => doubles::run(submits, clients).await,
    }
}
