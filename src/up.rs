//! `mercato up`: the whole shop on one machine, supervised.

mod child;
pub mod demo;
mod plan;
pub mod ports;
pub mod settle;
pub mod table;
pub mod tools;

use std::fs::{File, OpenOptions};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;

use self::child::Child;
use self::plan::Plan;
use crate::config::{Config, MakeKey};
use crate::demo::{Demo, Wish};
use crate::role::Role;
use crate::{console, exposure, leash, migrate, private};

#[derive(clap::Args)]
pub struct Options {
    /// Where state is kept.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The shop's address. Port 0 takes a free one.
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<SocketAddr>,
    /// `sqlite`, or a `postgres://…` URL. One with a password is better given as MERCATO_DATABASE_FILE: others see
    /// command lines.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// `private`, or a `redis://…` URL. One with a password is better given as MERCATO_REDIS_FILE.
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// The Apollo Router to start.
    #[arg(long, value_name = "PATH", env = "APOLLO_ROUTER")]
    router: Option<PathBuf>,
    /// What to import into an empty shop, `demo` for the catalogue of the demo, which no other shop opens with, or `none`.
    #[arg(long, value_name = "FILE")]
    catalogue: Option<String>,
    /// Whether there are accounts with public passwords, and all mails at /dev/mail. Left out: where only this machine
    /// reaches the shop.
    #[arg(long, value_enum, value_name = "WHETHER", num_args = 0..=1, require_equals = true, default_missing_value = "on")]
    demo: Option<Wish>,
    /// Stop when standard input closes.
    #[arg(long, hide = true)]
    leash: bool,
}

impl Options {
    /// The configuration with what was said on the command line over it.
    pub fn applied_to(self, mut config: Config) -> Config {
        if let Some(data) = self.data {
            config.data = data;
        }
        if let Some(listen) = self.listen {
            config.listen = listen;
        }
        if let Some(url) = self.database {
            config.database = kit::config::Secret::new(url);
        }
        if let Some(url) = self.redis {
            config.redis = kit::config::Secret::new(url);
        }
        if let Some(router) = self.router {
            config.router = router;
        }
        if let Some(catalogue) = self.catalogue {
            config.catalogue = catalogue;
        }
        if let Some(demo) = self.demo {
            config.demo = demo;
        }
        config
    }
}

const HEALTHY_WITHIN: Duration = Duration::from_secs(60);
/// Search takes the whole catalogue over before it is ready.
const FILLED_WITHIN: Duration = Duration::from_secs(600);

pub async fn run(options: Options, config: Config, file: Option<PathBuf>) -> anyhow::Result<()> {
    let started = Instant::now();
    let leashed = options.leash;
    let mut config = options.applied_to(config);
    kit::telemetry::init(&config.log)?;
    let demo = config.decide_demo();
    config.prepare_data()?;
    let _lock = lock(&config)?;
    let closed = private::close_all_below(&config.data)?;
    if closed > 0 {
        console::say(&format!("others had access to {closed} of the files in {}: no more", config.data.display()));
    }
    config.sealing(MakeKey::WhereThereIsNone)?;
    let router = tools::router(&config)?;
    let plan = Plan::make(&config, demo, file, router)?;

    let mut children = Vec::new();
    let outcome = tokio::select! {
        outcome = bring_up(&mut config, demo, &plan, &mut children, started) => match outcome {
            Ok(()) => leash::stop(leashed).await,
            Err(cause) => Err(cause),
        },
        asked = leash::stop(leashed) => asked,
    };
    console::say("stopping");
    // The edge first and Redis last: whoever asks stops before whoever answers.
    while let Some(child) = children.pop() {
        Child::stop(child).await;
    }
    outcome
}

async fn bring_up(
    config: &mut Config,
    demo: Demo,
    plan: &Plan,
    children: &mut Vec<Child>,
    started: Instant,
) -> anyhow::Result<()> {
    if let Some(redis) = &plan.redis {
        tools::clear_stale_redis(&plan.redis_url).await;
        children.push(Child::start(redis.clone())?);
    }
    config.redis = kit::config::Secret::new(plan.redis_url.clone());
    tools::redis_answers(config).await?;

    // It needs nobody to start, and the longest.
    children.push(Child::start(plan.router.clone())?);
    migrate::apply_everywhere(config).await?;
    let imported = demo::import_into_an_empty_shop(config, demo).await?;
    let accounts = demo::accounts(config, demo).await?;

    if let Some(mail) = &plan.mail {
        children.push(Child::start(mail.clone())?);
    }
    for subgraph in &plan.subgraphs {
        children.push(Child::start(subgraph.clone())?);
    }
    let started_so_far = plan.subgraphs.iter().chain([&plan.router]).chain(&plan.mail);
    let (filling, at_once): (Vec<_>, Vec<_>) = started_so_far.partition(|one| one.name == Role::Search.name());
    settle::all_healthy(&at_once, HEALTHY_WITHIN).await?;
    if imported {
        settle::projections_caught_up(config).await?;
    }
    settle::all_healthy(&filling, FILLED_WITHIN).await?;
    children.push(Child::start(plan.edge.clone())?);
    settle::all_healthy(&[&plan.edge], HEALTHY_WITHIN).await?;

    table::print(plan, accounts);
    if config.mail.smtp.reveal() == "catcher" && !demo.is_on() {
        console::say("  mails come to nobody: set `mail.smtp` to a server that delivers them");
    }
    table::warn(&exposure::of(config, demo));
    console::say(&format!("started in {:.1} s", started.elapsed().as_secs_f64()));
    console::say(&format!("ready http://{}/", plan.shop));
    Ok(())
}

/// Two shops in one folder would write over each other.
fn lock(config: &Config) -> anyhow::Result<File> {
    let path = config.data.join("lock");
    let file = private::open(OpenOptions::new().write(true).create(true), &path)?;
    file.try_lock().with_context(|| {
        format!("another shop runs in {}: stop it, or give this one a `--data` of its own", config.data.display())
    })?;
    Ok(file)
}
