//! `mercato serve ROLE`: one role, configured from file and environment.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use kit::identity::token::Verifier;
use kit::messaging::Bus;
use kit::service::instance::Instance;
use kit::{Callers, Clock, Runtime, Service};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, MakeKey};
use crate::role::Role;
use crate::{exposure, leash, migrate, open_files, private, schema, streams, up};

#[derive(clap::Args)]
pub struct Options {
    role: Role,
    /// Stop when standard input closes.
    #[arg(long, hide = true)]
    leash: bool,
}

pub async fn run(options: Options, mut config: Config) -> anyhow::Result<()> {
    kit::telemetry::init(&config.log)?;
    open_files::allow_all();
    let demo = config.decide_demo();
    config.prepare_data()?;
    #[cfg(feature = "faults")]
    kit::faults::init(config.data.join("faults"), options.role.name())?;
    if options.leash {
        (config.http, config.edge.http) = (config.http.without_drain_delay(), config.edge.http.without_drain_delay());
    }
    let stop = CancellationToken::new();
    tokio::spawn(cancel_when_asked(stop.clone(), options.leash));
    let listener = listen(config.listen, options.leash)
        .await
        .with_context(|| format!("{} cannot listen on {}", options.role, config.listen))?;
    if options.role == Role::MailCatcher {
        let catcher = config.mail.catcher.parse().context("`mail.catcher` is no address")?;
        let smtp = listen(catcher, options.leash)
            .await
            .with_context(|| format!("{} cannot take mail at {}", options.role, config.mail.catcher))?;
        return mail_catcher::serve(listener, smtp, demo.is_on(), stop).await;
    }
    if options.role == Role::WebBff {
        for danger in exposure::of(&config, demo) {
            tracing::warn!("strangers can {danger}");
        }
        config.edge.demo = demo.is_on();
        let bus = connect(&config).await?;
        return web_bff::serve(listener, config.edge, config.auth, bus, stop).await;
    }
    // Who is told to stop before it serves has nothing to finish. A migration is undone, and done by the next start.
    let starting = async {
        let runtime = runtime(options.role, &config, stop.clone()).await?;
        let instance = Instance::claim(&runtime.bus, runtime.role, &runtime.instance).await?;
        anyhow::Ok((runtime, instance))
    };
    let Some(started) = stop.run_until_cancelled(starting).await else { return Ok(()) };
    let (runtime, instance) = started?;
    let http = config.http;
    service(options.role, runtime, config).await?.under(instance).within(http).run(listener).await
}

/// Whoever started a leashed process holds its port for it.
async fn listen(address: SocketAddr, leashed: bool) -> std::io::Result<TcpListener> {
    if leashed { up::ports::listen(address) } else { TcpListener::bind(address).await }
}

async fn cancel_when_asked(stop: CancellationToken, leashed: bool) {
    if let Err(cause) = leash::stop(leashed).await {
        tracing::error!(cause = format!("{cause:#}"), "signals cannot be heard");
    }
    stop.cancel();
}

pub async fn runtime(role: Role, config: &Config, stop: CancellationToken) -> anyhow::Result<Runtime> {
    let db = migrate::open_to_serve(role, config).await?;
    let bus = connect(config).await?;
    keeps_everything(&bus).await?;
    let data = config.data.join(role.name());
    private::create_folder(&data)?;
    Ok(Runtime {
        role: role.name(),
        instance: config.instance(),
        db,
        clock: Clock::system(),
        verifier: Verifier::remote(config.auth.clone()),
        callers: Callers::published(bus.clone()),
        limits: config.guard.clone(),
        list_sizes: Arc::new(schema::list_sizes()?),
        timeout: Duration::from_millis(config.operation_timeout_ms),
        bus,
        subscribers: streams::subscribers(),
        patience: config.messages,
        data,
        stop,
    })
}

async fn connect(config: &Config) -> anyhow::Result<Bus> {
    let named = config.redis.reveal() != "private";
    anyhow::ensure!(named, "`mercato serve` needs `redis` to name a server: redis://host:6379");
    config.connect().await
}

/// A Redis that evicts would drop messages to make room. One that may not be asked is taken at its operator's word.
async fn keeps_everything(bus: &Bus) -> anyhow::Result<()> {
    let policy = bus.eviction_policy().await;
    if let Some(evicting) = policy.as_deref().filter(|&policy| policy != "noeviction") {
        anyhow::bail!("Redis evicts (`maxmemory-policy {evicting}`): set it to `noeviction`, or messages are lost");
    }
    Ok(())
}

pub async fn service(role: Role, runtime: Runtime, config: Config) -> anyhow::Result<Service> {
    match role {
        Role::Users => {
            let mut accounts = config.accounts;
            if config.decide_demo().is_on() {
                accounts.staff_second_factor = users::StaffSecondFactor::Optional;
            } else {
                up::demo::disable(&users::Store::new(runtime.db.clone(), runtime.clock.clone())).await?;
            }
            let sealing = config.sealing(MakeKey::Never)?;
            let mail = users::MailSettings { links: config.links().to_owned(), ..config.mail };
            users::service(runtime, sealing, config.auth, accounts, mail, config.privacy).await
        }
        Role::Catalog => catalog::service(runtime).await,
        Role::Inventory => inventory::service(runtime, config.inventory).await,
        Role::Search => search::service(runtime).await,
        Role::Orders => orders::service(runtime, config.checkout).await,
        Role::Payments => payments::service(runtime, config.payments).await,
        Role::Reviews => reviews::service(runtime).await,
        Role::Shipping => shipping::service(runtime, config.shipping).await,
        Role::WebBff | Role::MailCatcher => anyhow::bail!("{role} is no subgraph"),
    }
}

#[cfg(test)]
mod tests;
