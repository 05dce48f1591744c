//! What the shop is made of: each process, its arguments, its environment and where it says that it is well.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::ports::{self, Reserved};
use crate::config::Config;
use crate::demo::Demo;
use crate::private;
use crate::role::Role;

/// One process of the shop.
#[derive(Clone, Debug)]
pub struct Process {
    pub name: String,
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    pub environment: BTreeMap<String, OsString>,
    /// Whether it is told our own configuration too. A foreign program has no use for our secrets.
    pub is_ours: bool,
    pub log: PathBuf,
    pub address: Option<SocketAddr>,
    /// Answers 200 when the process can do its work.
    pub health: Option<String>,
    /// The Redis that this process is. One that outlived its leash holds clients that would never meet the next one's.
    pub redis: Option<String>,
}

/// Everything that `up` starts.
pub struct Plan {
    pub shop: SocketAddr,
    pub redis: Option<Process>,
    pub redis_url: String,
    pub subgraphs: Vec<Process>,
    pub router: Process,
    /// None where mails go to a server of the operator's.
    pub mail: Option<Process>,
    pub edge: Process,
    pub logs: PathBuf,
    _reserved: Vec<Reserved>,
}

impl Plan {
    pub fn make(config: &Config, demo: Demo, file: Option<PathBuf>, router: PathBuf) -> anyhow::Result<Self> {
        let logs = config.data.join("logs");
        private::create_folder(&logs)?;
        let reserved_shop = ports::resolve(config.listen)?;
        let for_the_router = || ports::reserve().map(Reserved::for_another_program);
        let (router_address, router_health) = (for_the_router()?, for_the_router()?);
        let subgraphs = Role::SUBGRAPHS.iter().map(|_| ports::reserve()).collect::<anyhow::Result<Vec<_>>>()?;
        let shop = reserved_shop.address;
        let addresses = Role::SUBGRAPHS.into_iter().zip(subgraphs.iter().map(|one| one.address)).collect();
        let (redis, redis_url) = redis(config, &logs)?;
        let mail = Catcher::reserve(config)?;
        let at = mail.as_ref().map(Catcher::addresses);
        let links = match config.links() {
            "" => format!("http://{}", ports::reachable(shop)),
            named => named.to_owned(),
        };
        let common =
            Common { mail: at, links, config, demo, file, logs: logs.clone(), redis_url: redis_url.clone(), addresses };
        Ok(Self {
            shop: ports::reachable(shop),
            redis,
            redis_url,
            subgraphs: common
                .addresses
                .iter()
                .map(|&(role, at)| common.subgraph(role, at))
                .collect::<Result<_, _>>()?,
            router: common.router(router, router_address.address, router_health.address)?,
            mail: at.map(|(http, smtp)| common.mail_catcher(http, smtp)).transpose()?,
            edge: common.edge(shop, router_address.address)?,
            logs,
            _reserved: subgraphs
                .into_iter()
                .chain([reserved_shop, router_address, router_health])
                .chain(mail.into_iter().flat_map(|mail| [mail.http, mail.smtp]))
                .collect(),
        })
    }
}

/// Where the mail catcher takes mails and where it shows them.
struct Catcher {
    http: Reserved,
    smtp: Reserved,
}

impl Catcher {
    /// None where mails go to a server of the operator's.
    fn reserve(config: &Config) -> anyhow::Result<Option<Self>> {
        if config.mail.smtp.reveal() != "catcher" {
            return Ok(None);
        }
        Ok(Some(Self { http: ports::reserve()?, smtp: ports::reserve()? }))
    }

    fn addresses(&self) -> (SocketAddr, SocketAddr) {
        (self.http.address, self.smtp.address)
    }
}

struct Common<'a> {
    /// Where the mail catcher shows mails and where it takes them.
    mail: Option<(SocketAddr, SocketAddr)>,
    /// Where links in mails lead.
    links: String,
    config: &'a Config,
    demo: Demo,
    file: Option<PathBuf>,
    logs: PathBuf,
    redis_url: String,
    addresses: Vec<(Role, SocketAddr)>,
}

impl Common<'_> {
    fn users(&self) -> String {
        let users = self.addresses.iter().find(|(role, _)| *role == Role::Users).map(|(_, at)| at.to_string());
        users.unwrap_or_default()
    }

    fn jwks_url(&self) -> String {
        format!("http://{}/.well-known/jwks.json", self.users())
    }

    fn subgraph(&self, role: Role, address: SocketAddr) -> anyhow::Result<Process> {
        let mut environment = BTreeMap::new();
        if role == Role::Users {
            if let Some((_, smtp)) = self.mail {
                environment.insert("MERCATO_MAIL__SMTP".to_owned(), OsString::from(format!("smtp://{smtp}")));
            }
            environment.insert("MERCATO_MAIL__LINKS".to_owned(), OsString::from(&self.links));
        }
        self.served(role, address, environment)
    }

    fn mail_catcher(&self, http: SocketAddr, smtp: SocketAddr) -> anyhow::Result<Process> {
        let environment = BTreeMap::from([("MERCATO_MAIL__CATCHER".to_owned(), OsString::from(smtp.to_string()))]);
        self.served(Role::MailCatcher, http, environment)
    }

    fn edge(&self, address: SocketAddr, router: SocketAddr) -> anyhow::Result<Process> {
        let public_url = match self.config.edge.public_url.as_str() {
            "" => format!("http://{}", ports::reachable(address)),
            named => named.to_owned(),
        };
        web_bff::Settings { public_url: public_url.clone(), ..self.config.edge.clone() }.check()?;
        let mail_url = self.mail.map_or_else(String::new, |(http, _)| format!("http://{http}"));
        let environment = BTreeMap::from([
            ("MERCATO_EDGE__MAIL_URL".to_owned(), OsString::from(mail_url)),
            ("MERCATO_EDGE__ROUTER_URL".to_owned(), OsString::from(format!("http://{router}/graphql"))),
            ("MERCATO_EDGE__USERS_URL".to_owned(), format!("http://{}/graphql", self.users()).into()),
            ("MERCATO_EDGE__PUBLIC_URL".to_owned(), public_url.into()),
        ]);
        self.served(Role::WebBff, address, environment)
    }

    fn served(
        &self,
        role: Role,
        address: SocketAddr,
        mut environment: BTreeMap<String, OsString>,
    ) -> anyhow::Result<Process> {
        let config = self.config;
        environment.extend([
            ("MERCATO_DATA".to_owned(), config.data.clone().into_os_string()),
            ("MERCATO_LISTEN".to_owned(), address.to_string().into()),
            ("MERCATO_DEMO".to_owned(), self.demo.as_wish().to_string().into()),
            ("MERCATO_DATABASE".to_owned(), config.database.reveal().into()),
            ("MERCATO_REDIS".to_owned(), self.redis_url.clone().into()),
            ("MERCATO_AUTH__JWKS_URL".to_owned(), self.jwks_url().into()),
        ]);
        // A laptop is called otherwise in another network.
        let instance = if config.instance.is_empty() { "0".to_owned() } else { config.instance.clone() };
        environment.insert("MERCATO_INSTANCE".to_owned(), instance.into());
        // Each would take every core for itself; together they have one machine.
        environment.insert("TOKIO_WORKER_THREADS".to_owned(), threads_of_a_role().to_string().into());
        let mut arguments: Vec<OsString> = vec!["serve".into(), role.name().into(), "--leash".into()];
        if let Some(file) = &self.file {
            arguments.extend(["--config".into(), file.clone().into_os_string()]);
        }
        Ok(Process {
            name: role.name().to_owned(),
            program: std::env::current_exe()?,
            arguments,
            environment,
            is_ours: true,
            log: self.logs.join(format!("{role}.log")),
            address: Some(address),
            health: Some(format!("http://{}/ready", ports::reachable(address))),
            redis: None,
        })
    }

    fn router(&self, program: PathBuf, address: SocketAddr, health: SocketAddr) -> anyhow::Result<Process> {
        let configuration = self.config.data.join("router.yaml");
        let supergraph = self.config.data.join("supergraph.graphql");
        private::write(&configuration, include_bytes!("../../router/router.yaml"))?;
        private::write(&supergraph, include_bytes!("../../schema/supergraph.graphql"))?;
        let mut environment = BTreeMap::from([
            ("APOLLO_TELEMETRY_DISABLED".to_owned(), OsString::from("1")),
            ("APOLLO_ROUTER_LOG".to_owned(), OsString::from("warn")),
            ("MERCATO_ROUTER_LISTEN".to_owned(), address.to_string().into()),
            ("MERCATO_ROUTER_HEALTH_LISTEN".to_owned(), health.to_string().into()),
        ]);
        for (role, at) in &self.addresses {
            environment
                .insert(format!("MERCATO_{}_URL", role.name().to_uppercase()), format!("http://{at}/graphql").into());
        }
        let arguments =
            leashed(&program, &["--config".into(), configuration.into(), "--supergraph".into(), supergraph.into()]);
        Ok(Process {
            name: "router".to_owned(),
            program: std::env::current_exe()?,
            arguments,
            environment,
            is_ours: false,
            log: self.logs.join("router.log"),
            address: Some(address),
            health: Some(format!("http://{health}/health?ready")),
            redis: None,
        })
    }
}

/// A fourth of the cores, and one at least.
fn threads_of_a_role() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(4))
}

/// A Redis of our own, unless the configuration names one.
fn redis(config: &Config, logs: &Path) -> anyhow::Result<(Option<Process>, String)> {
    if config.redis.reveal() != "private" {
        return Ok((None, config.redis.reveal().to_owned()));
    }
    let folder = config.data.join("redis");
    private::create_folder(&folder)?;
    let socket = super::tools::socket_path(&config.data)?;
    let settings: [(&str, OsString); 9] = [
        ("--port", "0".into()),
        ("--unixsocket", socket.clone().into()),
        ("--unixsocketperm", "700".into()),
        ("--dir", folder.into()),
        ("--appendonly", "yes".into()),
        ("--appendfsync", "everysec".into()),
        ("--save", "".into()),
        // An evicted stream would be a lost message.
        ("--maxmemory-policy", "noeviction".into()),
        ("--daemonize", "no".into()),
    ];
    let arguments: Vec<OsString> = settings.into_iter().flat_map(|(key, value)| [key.into(), value]).collect();
    let process = Process {
        name: "redis".to_owned(),
        program: std::env::current_exe()?,
        arguments: leashed(&super::tools::redis_server()?, &arguments),
        environment: BTreeMap::new(),
        is_ours: false,
        log: logs.join("redis.log"),
        address: None,
        health: None,
        redis: Some(format!("unix://{}", socket.display())),
    };
    Ok((Some(process), format!("unix://{}", socket.display())))
}

fn leashed(program: &Path, arguments: &[OsString]) -> Vec<OsString> {
    let head = [OsString::from("leash"), OsString::from("--"), program.as_os_str().to_owned()];
    head.into_iter().chain(arguments.iter().cloned()).collect()
}

#[cfg(test)]
mod tests;
