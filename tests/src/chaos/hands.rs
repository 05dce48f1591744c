//! How many messages each replica has handled: an attack on replicas of which one does nothing proves nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;

/// Often enough that little of what a process has handled is lost when it is killed.
const LOOKS: Duration = Duration::from_millis(50);

/// A replica: its role, and whether it is the first or the second.
pub type Who = (&'static str, &'static str);

/// What is known of one replica.
#[derive(Clone, Debug, Default)]
struct Hand {
    address: String,
    /// By its processes that have ended.
    before: u64,
    /// By its process that lives.
    now: u64,
}

/// Counts in the background what every replica handles.
pub struct Hands {
    all: Arc<Mutex<BTreeMap<Who, Hand>>>,
    counting: JoinHandle<()>,
}

impl Hands {
    pub fn count() -> Self {
        let all = Arc::<Mutex<BTreeMap<Who, Hand>>>::default();
        let counted = Arc::clone(&all);
        let counting = tokio::spawn(async move {
            loop {
                look(&counted).await;
                tokio::time::sleep(LOOKS).await;
            }
        });
        Self { all, counting }
    }

    /// From now on this replica answers there.
    pub fn watch(&self, who: Who, address: &str) {
        let mut all = lock(&self.all);
        let hand = all.entry(who).or_default();
        hand.before += std::mem::take(&mut hand.now);
        address.clone_into(&mut hand.address);
    }

    /// How many messages each replica has handled so far.
    pub async fn handled(&self) -> BTreeMap<Who, u64> {
        look(&self.all).await;
        lock(&self.all).iter().map(|(&who, hand)| (who, hand.before + hand.now)).collect()
    }
}

impl Drop for Hands {
    fn drop(&mut self) {
        self.counting.abort();
    }
}

fn lock(all: &Mutex<BTreeMap<Who, Hand>>) -> MutexGuard<'_, BTreeMap<Who, Hand>> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn look(all: &Mutex<BTreeMap<Who, Hand>>) {
    let addresses: Vec<(Who, String)> = lock(all).iter().map(|(&who, hand)| (who, hand.address.clone())).collect();
    for (who, address) in addresses {
        let Some(handled) = metric(&address).await else { continue };
        if let Some(hand) = lock(all).get_mut(&who).filter(|hand| hand.address == address) {
            if handled < hand.now {
                hand.before += hand.now;
            }
            hand.now = handled;
        }
    }
}

/// What a process says; nothing while it is down.
async fn metric(address: &str) -> Option<u64> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(1)).build().ok()?;
    let text = client.get(format!("{address}/metrics")).send().await.ok()?.text().await.ok()?;
    text.lines().find_map(|line| line.strip_prefix("messages_handled_total "))?.parse().ok()
}
