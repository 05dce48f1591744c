//! A balancer as clusters have them: it passes on connections to whoever it believes ready, learns of readiness late, and
//! tries nothing a second time.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How late it learns of what a probe has shown.
pub const LEARNS_AFTER: Duration = Duration::from_secs(2);
const PROBES_EVERY: Duration = Duration::from_millis(400);
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);

/// A name for the replicas of a role.
pub struct Balancer {
    address: SocketAddr,
    backends: Arc<Mutex<Backends>>,
    tasks: [JoinHandle<()>; 2],
}

#[derive(Default)]
struct Backends {
    all: Vec<Backend>,
    next: usize,
    /// Connections for which nobody was believed ready, or that did not come about.
    failed: usize,
}

struct Backend {
    address: SocketAddr,
    probe: String,
    believed_ready: bool,
    /// What probes have shown and is not known yet.
    shown: VecDeque<(Instant, bool)>,
    connections: usize,
}

impl Balancer {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let backends = Arc::<Mutex<Backends>>::default();
        let tasks =
            [tokio::spawn(pass_on(listener, Arc::clone(&backends))), tokio::spawn(keep_looking(Arc::clone(&backends)))];
        Self { address, backends, tasks }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on this replica is looked at. `probe` is the URL that says whether it is ready.
    pub fn add(&self, address: SocketAddr, probe: String) {
        let backend = Backend { address, probe, believed_ready: false, shown: VecDeque::new(), connections: 0 };
        lock(&self.backends).all.push(backend);
    }

    /// Sends nobody there any more, as one does whose operator has said so. Gives how many connections went there.
    pub fn remove(&self, address: SocketAddr) -> usize {
        let all = &mut lock(&self.backends).all;
        let found = all.iter().position(|one| one.address == address).expect("it was added");
        all.remove(found).connections
    }

    pub fn believes_ready(&self, address: SocketAddr) -> bool {
        lock(&self.backends).all.iter().any(|one| one.address == address && one.believed_ready)
    }

    /// How many connections came to nothing since this was asked last.
    pub fn take_failed(&self) -> usize {
        std::mem::take(&mut lock(&self.backends).failed)
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

fn lock(backends: &Mutex<Backends>) -> MutexGuard<'_, Backends> {
    backends.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Backends {
    /// The next in turn that is believed ready.
    fn choose(&mut self) -> Option<SocketAddr> {
        let count = self.all.len();
        let turn = (0..count).map(|step| (self.next + step) % count).find(|&at| self.all[at].believed_ready)?;
        self.next = turn + 1;
        self.all[turn].connections += 1;
        Some(self.all[turn].address)
    }
}

async fn pass_on(listener: TcpListener, backends: Arc<Mutex<Backends>>) {
    while let Ok((mut client, _)) = listener.accept().await {
        let backends = Arc::clone(&backends);
        tokio::spawn(async move {
            let chosen = lock(&backends).choose();
            let connected = match chosen {
                Some(address) => TcpStream::connect(address).await.ok(),
                None => None,
            };
            let Some(mut server) = connected else {
                lock(&backends).failed += 1;
                return;
            };
            let _nodelay = (client.set_nodelay(true), server.set_nodelay(true));
            // Either side may hang up.
            let _ended = copy_bidirectional(&mut client, &mut server).await;
        });
    }
}

async fn keep_looking(backends: Arc<Mutex<Backends>>) {
    let http = reqwest::Client::builder().no_proxy().timeout(ANSWERS_WITHIN).build().expect("a client can be made");
    loop {
        let probes: Vec<(SocketAddr, String)> =
            lock(&backends).all.iter().map(|one| (one.address, one.probe.clone())).collect();
        let looks = probes.into_iter().map(|(address, probe)| {
            let http = http.clone();
            async move { (address, http.get(probe).send().await.is_ok_and(|answer| answer.status().is_success())) }
        });
        let shown = futures::future::join_all(looks).await;
        let now = Instant::now();
        for backend in &mut lock(&backends).all {
            if let Some((_, ready)) = shown.iter().find(|(address, _)| *address == backend.address) {
                backend.shown.push_back((now, *ready));
            }
            while backend.shown.front().is_some_and(|(at, _)| now.duration_since(*at) >= LEARNS_AFTER) {
                backend.believed_ready = backend.shown.pop_front().is_some_and(|(_, ready)| ready);
            }
        }
        tokio::time::sleep(PROBES_EVERY).await;
    }
}
