//! Orders at a steady rate, whatever the shop does meanwhile.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::chaos::buyer::{Journey, Told};
use crate::shopper::{CART_LINES_ADD, CHECKOUT_PROGRESS, CHECKOUT_SUBMIT, ORDER_PAGE, a_key, checkout_input};
use crate::{Client, MUG};

const SEARCH_PAGE: &str = include_str!("../../../web-bff/operations/SearchPage.graphql");
const GIVES_UP_AFTER: Duration = Duration::from_secs(120);
const TRIES_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// What a load has met.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub requests: usize,
    /// Requests that were not answered as they should, by what came instead.
    pub failed: BTreeMap<String, usize>,
    /// What a client was told it has ordered.
    pub told: Vec<Told>,
    pub confirmed: usize,
    /// Orders that were begun and did not come to be confirmed, by where they ended.
    pub lost: BTreeMap<String, usize>,
    /// From the cart to the confirmation, in milliseconds.
    took: Vec<u128>,
}

impl Tally {
    pub fn failures(&self) -> usize {
        self.failed.values().sum()
    }

    pub fn losses(&self) -> usize {
        self.lost.values().sum()
    }

    fn missed(&mut self, what: String) {
        self.requests += 1;
        *self.failed.entry(what).or_default() += 1;
    }

    /// The time within which this part of the orders was confirmed.
    pub fn confirmed_within(&self, part: f64) -> Duration {
        let mut took = self.took.clone();
        took.sort_unstable();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank"
        )]
        let rank = ((took.len() as f64) * part) as usize;
        let found = took.get(rank.min(took.len().saturating_sub(1))).copied().unwrap_or(0);
        Duration::from_millis(u64::try_from(found).unwrap_or(u64::MAX))
    }
}

/// Shoppers who come at a steady rate until told to stop.
pub struct Load {
    tally: Arc<Mutex<Tally>>,
    stop: CancellationToken,
    coming: JoinHandle<()>,
}

impl Load {
    /// So many orders a second at the shop of this address.
    pub fn start(shop: &str, orders_a_second: u32) -> Self {
        let (tally, stop) = (Arc::<Mutex<Tally>>::default(), CancellationToken::new());
        let (shop, counted, stopped) = (shop.to_owned(), Arc::clone(&tally), stop.clone());
        let coming = tokio::spawn(async move {
            let mut tick = tokio::time::interval(Duration::from_secs(1) / orders_a_second);
            let mut shoppers = JoinSet::new();
            while stopped.run_until_cancelled(tick.tick()).await.is_some() {
                shoppers.spawn(Shopper { client: Client::new(&shop), tally: Arc::clone(&counted) }.orders());
            }
            while shoppers.join_next().await.is_some() {}
        });
        Self { tally, stop, coming }
    }

    pub fn requests(&self) -> usize {
        lock(&self.tally).requests
    }

    /// No more shoppers come; those who are there finish.
    pub async fn stop(self) -> Tally {
        self.stop.cancel();
        self.coming.await.expect("shoppers do not panic");
        lock(&self.tally).clone()
    }
}

fn lock(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Shopper {
    client: Client,
    tally: Arc<Mutex<Tally>>,
}

impl Shopper {
    async fn orders(self) {
        let since = Instant::now();
        let tally = Arc::clone(&self.tally);
        let ended = self.order(since + GIVES_UP_AFTER).await;
        let mut tally = lock(&tally);
        match ended {
            Ok(()) => {
                tally.confirmed += 1;
                tally.took.push(since.elapsed().as_millis());
            }
            Err(at) => *tally.lost.entry(at).or_default() += 1,
        }
    }

    /// Looks for a thing, buys it, waits for the order to be confirmed and looks at it. What fails is counted and tried
    /// again.
    async fn order(mut self, until: Instant) -> Result<(), String> {
        self.ask("Me", "query Me { me { id } }", json!({}), "me", until).await?;
        self.ask("SearchPage", SEARCH_PAGE, json!({"query": "mug"}), "search", until).await?;
        let lines = [json!({"variantId": MUG.variant(), "quantity": 1})];
        let variables = json!({"input": {"lines": lines, "idempotencyKey": a_key()}, "country": "US"});
        let added = self.ask("CartLinesAdd", CART_LINES_ADD, variables, "cartLinesAdd", until).await?;
        let secret = added["cartToken"].as_str().ok_or_else(|| format!("no cart: {added}"))?.to_owned();
        self.client = self.client.with_cart_token(&secret);
        let input = checkout_input(&added["cart"]);
        let variables = json!({"input": &input});
        let submitted = self.ask("CheckoutSubmit", CHECKOUT_SUBMIT, variables, "checkoutSubmit", until).await?;
        let checkout = submitted["checkout"]["id"].as_str().ok_or_else(|| format!("no checkout: {submitted}"))?;
        let total = input["expectedTotal"]["minor"].as_str().and_then(|minor| minor.parse().ok());
        let told =
            Told { journey: Journey::Buys, checkout: checkout.to_owned(), total_minor: total.unwrap_or_default() };
        lock(&self.tally).told.push(told);
        loop {
            let variables = json!({"id": checkout});
            let seen = self.ask("CheckoutProgress", CHECKOUT_PROGRESS, variables, "checkout", until).await?;
            let Some(pause) = seen["nextPollMs"].as_u64() else {
                if seen["state"] != "COMPLETED" {
                    return Err(format!("{} {}", seen["state"], seen["failure"]));
                }
                let variables = json!({"id": seen["order"]["id"]});
                return self.ask("OrderPage", ORDER_PAGE, variables, "order", until).await.map(drop);
            };
            if Instant::now() > until {
                return Err(format!("still {}", seen["state"]));
            }
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
    }

    /// What a field answers, however often it has to be asked until then.
    async fn ask(
        &self,
        name: &str,
        document: &str,
        variables: Value,
        field: &str,
        until: Instant,
    ) -> Result<Value, String> {
        loop {
            let answer = self.client.try_send(document, &variables).await;
            let failure = match answer {
                None => "no answer".to_owned(),
                Some(mut answer) => {
                    let errors = &answer.body["errors"];
                    if answer.status == 200 && errors.is_null() {
                        lock(&self.tally).requests += 1;
                        return Ok(answer.body["data"][field].take());
                    }
                    format!(
                        "{} {}",
                        answer.status,
                        errors[0]["extensions"]["code"].as_str().unwrap_or("without a code")
                    )
                }
            };
            lock(&self.tally).missed(format!("{name}: {failure}"));
            if Instant::now() > until {
                return Err(format!("{name}: {failure}"));
            }
            tokio::time::sleep(TRIES_AGAIN_AFTER).await;
        }
    }
}
