//! A subgraph as a running process.

pub mod instance;
mod readiness;
mod task;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_graphql::{ObjectType, Request, Schema, SubscriptionType};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::get;
use futures::FutureExt;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::db::in_background;
use crate::db::retention::{Retention, keep_forgetting};
use crate::graphql::guard::{Costs, Guard, Limits, ListSizes};
use crate::graphql::http::{self, SchemaExecutor};
use crate::graphql::type_system::TypeSystem;
use crate::identity::token::Verifier;
use crate::messaging::{
    Bus, CountingHandler, Counts, DeliverySettings, MessageHandler, Relay, Subscribers, Subscription, can_be_written,
    consume, replica_group, retention_of_inbox, tidy,
};
use crate::server::{self, Server};
use crate::service::instance::Instance;
use crate::{Callers, Clock, Db, Viewer};

use self::readiness::Checks;
use self::task::{Task, TaskState};

pub use self::readiness::Readiness;

/// What a subgraph is handed to run with.
#[derive(Clone)]
pub struct Runtime {
    /// The subgraph's name: its database, its consumer group, its place in the log.
    pub role: &'static str,
    /// Tells replicas of one role apart, and stays the same over a restart.
    pub instance: String,
    pub db: Db,
    pub bus: Bus,
    pub clock: Clock,
    pub verifier: Verifier,
    pub callers: Callers,
    pub limits: Limits,
    /// How long the lists of the schema are, for what operations cost.
    pub list_sizes: Arc<ListSizes>,
    /// How long an operation may take.
    pub timeout: Duration,
    /// Who listens to what this and every other role sends.
    pub subscribers: Subscribers,
    pub patience: DeliverySettings,
    /// A folder of the role's own, for what is no row.
    pub data: PathBuf,
    pub stop: CancellationToken,
}

const AFTERTHOUGHT: Duration = Duration::from_secs(10);
/// How long tasks may take to finish once there are no more requests. They were told when the requests were, and take
/// nothing more in hand since.
const TASKS_FINISH_WITHIN: Duration = Duration::from_secs(5);
/// And the relay after them, which then has a last look at what they have sent.
const RELAY_FINISHES_WITHIN: Duration = Duration::from_secs(2);
/// And last, giving the name back.
const NAME_RETURNED_WITHIN: Duration = Duration::from_secs(1);

/// A subgraph, ready to run: what it serves, and what it does meanwhile.
pub struct Service {
    router: Router,
    tasks: Vec<Task>,
    relay: Relay,
    instance: Option<Instance>,
    /// How long rows are kept.
    kept: Vec<Retention>,
    listens: Vec<(&'static str, &'static str)>,
    runtime: Runtime,
    requests: Arc<AtomicU64>,
    /// What has become of messages.
    messages: Arc<Counts>,
    /// What is wrong with Redis.
    redis: Option<watch::Receiver<Option<String>>>,
    /// What else has to be so for this replica to serve.
    checks: Checks,
    http: server::Limits,
}

/// What every role forgets in time.
fn tidying(runtime: &Runtime) -> Task {
    let Runtime { db, stop, .. } = runtime.clone();
    Task::new("tidy", move || tidy(db.clone(), stop.clone()))
}

fn forgetting(runtime: &Runtime, kept: Vec<Retention>) -> Task {
    let Runtime { db, clock, stop, .. } = runtime.clone();
    Task::new("retention", move || keep_forgetting(db.clone(), clock.clone(), kept.clone(), stop.clone()))
}

impl Service {
    /// Serves `schema` at `/graphql`, to callers of our own. `attach_loaders` gives each request its loaders and whatever else its
    /// resolvers need; who asks (`Viewer`) and who calls (`Caller`) are in the request already.
    pub fn new<Q, M, S>(
        runtime: &Runtime,
        schema: Schema<Q, M, S>,
        attach_loaders: impl Fn(Request, &Viewer) -> Request + Send + Sync + 'static,
    ) -> Self
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
        S: SubscriptionType + 'static,
    {
        let types = Arc::new(TypeSystem::of(&schema));
        let costs = Costs::new(Arc::clone(&types), Arc::clone(&runtime.list_sizes));
        let guard = Guard::new(runtime.limits.clone(), types).with_costs(costs);
        let requests = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&requests);
        let (verifier, callers) = (runtime.verifier.clone(), runtime.callers.clone());
        let attach_loaders = Arc::new(attach_loaders);
        let executor = SchemaExecutor::new(schema, move |request: Request, parts: &Parts| {
            let (verifier, callers, attach_loaders) = (verifier.clone(), callers.clone(), Arc::clone(&attach_loaders));
            counted.fetch_add(1, Ordering::Relaxed);
            async move {
                let caller = callers.caller(&parts.headers).await?;
                let viewer = verifier.viewer(&parts.headers).await?;
                Ok(attach_loaders(request, &viewer).data(viewer).data(caller))
            }
            .boxed()
        })
        .with_timeout(runtime.timeout);
        let router = http::endpoint(Arc::new(executor), guard);
        let (runtime, http) = (runtime.clone(), server::Limits::default());
        let Runtime { role, db, bus, clock, subscribers, patience, .. } = runtime.clone();
        Self {
            router,
            tasks: vec![tidying(&runtime)],
            relay: Relay::new(db, bus, clock, role, subscribers, patience),
            instance: None,
            kept: vec![retention_of_inbox(patience)],
            listens: Vec::new(),
            runtime,
            requests,
            messages: Arc::default(),
            redis: None,
            checks: Checks::default(),
            http,
        }
    }

    /// Gives clients so much time, and takes so many of them.
    pub fn within(self, http: server::Limits) -> Self {
        Self { http, ..self }
    }

    /// Adds routes beside `/graphql`.
    pub fn with_routes(mut self, routes: Router) -> Self {
        self.router = self.router.merge(routes);
        self
    }

    /// Goes by this name until it has ended.
    pub fn under(mut self, instance: Instance) -> Self {
        self.redis = Some(instance.trouble());
        self.instance = Some(instance);
        self
    }

    /// Adds work that goes on until the service stops. It must watch `runtime.stop`, and is started again if it ends before.
    pub fn with_task<F: Future<Output = ()> + Send + 'static>(
        mut self,
        name: impl Into<String>,
        start: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self {
        self.tasks.push(Task::new(name, start));
        self
    }

    /// Adds work that somebody of its own does: `run` is told when to stop.
    pub fn with_worker<W, F>(self, name: impl Into<String>, worker: W, run: fn(W, CancellationToken) -> F) -> Self
    where
        W: Clone + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let stop = self.runtime.stop.clone();
        self.with_task(name, move || run(worker.clone(), stop.clone()))
    }

    /// Forgets rows of the service's own database that are older than they are kept for.
    pub fn with_retention(mut self, kept: impl IntoIterator<Item = Retention>) -> Self {
        self.kept.extend(kept);
        self
    }

    /// Adds something to do once, when messages that were on their way have had time to arrive: they may have made it
    /// needless. What fails is tried again.
    pub fn with_afterthought<F: Future<Output = crate::Result<()>> + Send + 'static>(
        self,
        start: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self {
        let (stop, start) = (self.runtime.stop.clone(), Arc::new(start));
        self.with_task("afterthought", move || {
            let (stop, start) = (stop.clone(), Arc::clone(&start));
            async move {
                while stop.run_until_cancelled(tokio::time::sleep(AFTERTHOUGHT)).await.is_some() {
                    let Err(failure) = start().await else { return stop.cancelled().await };
                    let cause = failure.into_anyhow();
                    tracing::warn!(cause = format!("{cause:#}"), "what is to be done after the start is tried again");
                }
            }
        })
    }

    /// Handles the messages of `stream`, in the role's own group.
    pub fn with_consumer(self, stream: &'static str, concurrency: usize, handler: impl MessageHandler) -> Self {
        let group = self.runtime.role;
        self.with_consumer_in(group, stream, concurrency, handler)
    }

    /// Handles every message of `stream` in every replica: each is in a group of its own.
    pub fn with_replicas_consumer(
        self,
        stream: &'static str,
        concurrency: usize,
        handler: impl MessageHandler,
    ) -> Self {
        let group = own_group(&self.runtime);
        self.with_consumer_in(group, stream, concurrency, handler)
    }

    /// Says of a stream that a task of this service reads it, in this replica's own group.
    pub fn reading(mut self, stream: &'static str) -> Self {
        self.listens.push((stream, own_group(&self.runtime)));
        self
    }

    /// Adds something that has to be so before this replica can serve.
    pub fn with_readiness(mut self, check: impl Fn() -> Readiness + Send + Sync + 'static) -> Self {
        self.checks.add(check);
        self
    }

    /// Handles the messages of `stream`, in the role's own group, and gives each attempt at one so much time, or less where
    /// `messages.handle_within_ms` is.
    pub fn with_consumer_within(
        self,
        stream: &'static str,
        concurrency: usize,
        within: Duration,
        handler: impl MessageHandler,
    ) -> Self {
        let group = self.runtime.role;
        let patience = self.runtime.patience.within(within);
        self.with_patient_consumer(group, stream, concurrency, patience, handler)
    }

    fn with_consumer_in(
        self,
        group: &'static str,
        stream: &'static str,
        concurrency: usize,
        handler: impl MessageHandler,
    ) -> Self {
        let patience = self.runtime.patience;
        self.with_patient_consumer(group, stream, concurrency, patience, handler)
    }

    fn with_patient_consumer(
        mut self,
        group: &'static str,
        stream: &'static str,
        concurrency: usize,
        patience: DeliverySettings,
        handler: impl MessageHandler,
    ) -> Self {
        let runtime = &self.runtime;
        let consumer = runtime.instance.clone();
        let subscription = Subscription { stream, group, consumer, concurrency, patience };
        let handler: Arc<dyn MessageHandler> =
            Arc::new(CountingHandler { handler, counts: Arc::clone(&self.messages) });
        let (bus, stop) = (runtime.bus.clone(), runtime.stop.clone());
        self.listens.push((stream, group));
        self.with_task(format!("consume {stream}"), move || {
            consume(bus.clone(), subscription.clone(), Arc::clone(&handler), stop.clone())
        })
    }

    /// The streams that this service reads, each with its group.
    pub fn listens(&self) -> &[(&'static str, &'static str)] {
        &self.listens
    }

    /// Serves until told to stop. From then on it takes no more messages, and after the drain delay no more requests; it ends
    /// when the requests in hand are finished, then the messages, then what both have sent.
    pub async fn run(self, listener: TcpListener) -> anyhow::Result<()> {
        let Self {
            router,
            mut tasks,
            relay,
            instance,
            kept,
            listens,
            runtime,
            requests,
            messages,
            redis,
            checks,
            http,
        } = self;
        tasks.push(forgetting(&runtime, kept));
        let (stop, relay_stop, gone) = (runtime.stop.clone(), CancellationToken::new(), CancellationToken::new());
        let _others_stop_with_this = (relay_stop.clone().drop_guard(), gone.clone().drop_guard());
        let relay = Task::new("relay", {
            let relay_stop = relay_stop.clone();
            move || relay.clone().run(relay_stop.clone())
        });
        let name = instance
            .map(|instance| keep_name(instance.with_own_groups(own_groups(runtime.role, &listens)), &stop, &gone));
        let states = tasks.iter().chain([&relay]).chain(&name).map(Task::state).collect();
        let vitals = Vitals { runtime: runtime.clone(), requests, messages, redis, checks, tasks: states };
        let probes = Router::new()
            .route("/health", get(|| async { "ok\n" }))
            .route("/ready", get(ready))
            .route("/metrics", get(metrics))
            .with_state(vitals);
        let mut running: JoinSet<()> =
            tasks.into_iter().map(|task| in_background(task.supervise(stop.clone()))).collect();
        let mut relaying: JoinSet<()> = [in_background(relay.supervise(relay_stop.clone()))].into_iter().collect();
        let mut naming: JoinSet<()> =
            name.into_iter().map(|name| in_background(name.supervise(gone.clone()))).collect();
        tracing::info!(role = runtime.role, address = %listener.local_addr()?, "{} is up", runtime.role);
        Server::new(router.merge(probes), http).run(listener, stop.clone()).await?;
        stop.cancel();
        finish(&mut running, TASKS_FINISH_WITHIN).await;
        relay_stop.cancel();
        finish(&mut relaying, RELAY_FINISHES_WITHIN).await;
        gone.cancel();
        finish(&mut naming, NAME_RETURNED_WITHIN).await;
        Ok(())
    }
}

/// The groups that this replica alone reads, each with its stream.
fn own_groups(role: &str, listens: &[(&'static str, &'static str)]) -> Vec<(String, String)> {
    let own = format!("{role}@");
    let own = listens.iter().filter(|(_, group)| group.starts_with(&own));
    own.map(|(stream, group)| ((*stream).to_owned(), (*group).to_owned())).collect()
}

/// Shows that a replica lives until it is `gone`, and has it `stop` where its name belongs to another.
fn keep_name(instance: Instance, stop: &CancellationToken, gone: &CancellationToken) -> Task {
    let (instance, stop, gone) = (Arc::new(instance), stop.clone(), gone.clone());
    Task::new("instance", move || Arc::clone(&instance).keep(stop.clone(), gone.clone()))
}

/// Waits for tasks that were told to stop, and ends those that do not: what they had in hand is taken up again by others.
async fn finish(tasks: &mut JoinSet<()>, within: Duration) {
    let all = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(within, all).await.is_err() {
        tracing::warn!(tasks = tasks.len(), "tasks do not come to an end, and are ended");
        tasks.abort_all();
    }
}

#[derive(Clone)]
struct Vitals {
    runtime: Runtime,
    requests: Arc<AtomicU64>,
    messages: Arc<Counts>,
    redis: Option<watch::Receiver<Option<String>>>,
    checks: Checks,
    tasks: Arc<[Arc<TaskState>]>,
}

/// The name of a replica's own group. It lives as long as the process.
fn own_group(runtime: &Runtime) -> &'static str {
    Box::leak(replica_group(runtime.role, &runtime.instance).into_boxed_str())
}

/// A balancer asks again soon, and thinks of whoever is silent as dead.
const READY_WITHIN: Duration = Duration::from_millis(800);

/// Ready when this replica can serve: its database answers and takes what is written, and no task of it keeps failing. It
/// is not unready for want of a Redis, without which messages wait in the outbox; what is wrong with it is said beside.
async fn ready(State(vitals): State<Vitals>) -> (StatusCode, String) {
    if vitals.runtime.stop.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n".to_owned());
    }
    let answered = tokio::time::timeout(READY_WITHIN, database_serves(&vitals.runtime.db)).await;
    if let Err(what) = answered.unwrap_or(Err("the database does not answer in time")) {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("{what}\n"));
    }
    if let Some(failing) = vitals.tasks.iter().find(|task| task.is_failing()) {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("the task `{}` keeps failing\n", failing.name));
    }
    let remarks = match vitals.checks.judge() {
        Ok(remarks) => remarks,
        Err(why) => return (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    };
    let trouble = vitals.redis.and_then(|redis| redis.borrow().clone());
    let beside = trouble.map(|trouble| format!("messages wait: {trouble}\n"));
    (StatusCode::OK, format!("ready\n{remarks}{}", beside.unwrap_or_default()))
}

async fn database_serves(db: &Db) -> Result<(), &'static str> {
    if let Err(cause) = db.reader().ping().await {
        tracing::warn!(%cause, "not ready: the database does not answer");
        return Err("the database does not answer");
    }
    if db.is_failing()
        && let Err(cause) = can_be_written(db).await
    {
        tracing::warn!(%cause, "not ready: the database cannot be written");
        return Err("the database cannot be written");
    }
    Ok(())
}

/// Prometheus text: what this process has been asked, what it asked its database, and what became of messages.
async fn metrics(State(vitals): State<Vitals>) -> String {
    let restarts: String = vitals
        .tasks
        .iter()
        .map(|task| format!("task_restarts_total{{task=\"{}\"}} {}\n", task.name, task.restarts()))
        .collect();
    format!(
        "# TYPE graphql_requests_total counter\ngraphql_requests_total {}\n\
         # TYPE sql_statements_total counter\nsql_statements_total {}\n\
         # TYPE messages_handled_total counter\nmessages_handled_total {}\n\
         # TYPE messages_dead_lettered_total counter\nmessages_dead_lettered_total {}\n\
         # TYPE dead_letters_dropped_total counter\ndead_letters_dropped_total {}\n\
         # TYPE task_restarts_total counter\n{restarts}",
        vitals.requests.load(Ordering::Relaxed),
        vitals.runtime.db.statements(),
        vitals.messages.handled.load(Ordering::Relaxed),
        vitals.messages.dead_lettered.load(Ordering::Relaxed),
        vitals.messages.dropped.load(Ordering::Relaxed),
    )
}
