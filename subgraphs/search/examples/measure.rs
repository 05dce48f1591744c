//! How fast the index takes a catalogue over, how long a search takes, and how good the first ten hits are.
//!
//! `cargo run --release -p search --example measure -- CATALOGUE [JUDGEMENTS]`: a file in the import format, and a CSV
//! with a heading and the columns query, product, grade (0 to 3), where the product is the last part of its id.

#![expect(clippy::print_stdout, reason = "it reports")]

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use async_graphql::{Request, Variables};
use flate2::read::GzDecoder;
use kit::Viewer;
use kit::messaging::{Message, MessageHandler};
use search::{Changes, Index, Schema, attach_loaders, schema};
use serde_json::{Value, json};

const PAGE: &str = "query Page($query: String!, $filters: [FilterToken!]! = []) {
  search(query: $query, filters: $filters) {
    hits { cursor highlight product { id slug title } }
    facets { key label kind values { label count selected token } }
    pageInfo { hasNextPage endCursor }
    totalCount { value precision }
    didYouMean
  }
}";
const HITS: &str = "query Hits($query: String!) { search(query: $query, first: 10) { hits { product { id title } } } }";
const TYPICAL: [&str; 20] = [
    "",
    "laptop",
    "usb hub",
    "hp pavilion notebook",
    "memory card 16gb",
    "wireless mouse",
    "toner cartridge black",
    "dv7-1211ea",
    "network switch 24 port",
    "headphnes",
    "canon lens",
    "printer",
    "hdmi cable 2m",
    "external hard drive",
    "lenovo thinkpad",
    "ups battery",
    "projector lamp",
    "backpack",
    "ssd 256 gb",
    "monitor 24 inch",
];
const ROUNDS: usize = 50;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let catalogue = arguments.next().context("name a catalogue")?;
    let folder = tempfile::tempdir()?;
    let index = Index::open(folder.path())?;
    fill(&index, &messages(Path::new(&catalogue))?).await?;
    let schema = schema();
    speed(&index, &schema).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    println!("and with its segments merged:");
    speed(&index, &schema).await?;
    if let Some(judgements) = arguments.next() {
        relevance(&index, &schema, &judgements).await?;
    }
    Ok(())
}

/// The catalogue as the messages that tell of it.
fn messages(path: &Path) -> anyhow::Result<Vec<Message>> {
    let file = File::open(path)?;
    let reader: Box<dyn Read> = if path.extension().is_some_and(|ending| ending == "gz") {
        Box::new(GzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let mut categories: HashMap<String, Value> = HashMap::new();
    let mut products = Vec::new();
    for line in BufReader::new(reader).lines() {
        let line: Value = serde_json::from_str(&line?)?;
        match line["kind"].as_str() {
            Some("category") => drop(categories.insert(text(&line["id"]), line)),
            Some("product") => products.push(changed(&line, &categories)),
            _ => {}
        }
    }
    println!("{} products", products.len());
    let message = |some: &[Value]| Message::new("catalog.products_changed.v1", "", &json!({ "products": some }));
    Ok(products.chunks(200).map(message).collect::<Result<_, _>>()?)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn changed(line: &Value, categories: &HashMap<String, Value>) -> Value {
    let mut path = Vec::new();
    let mut next = line["category"].as_str();
    while let Some(category) = next.and_then(|id| categories.get(id)) {
        path.insert(0, json!({"id": format!("cat_{}", text(&category["id"])), "name": category["name"]}));
        next = category["parent"].as_str();
    }
    json!({
        "id": format!("prod_{}", text(&line["id"])), "slug": line["slug"], "title": line["title"],
        "brand": line["brand"], "description": line["description"].as_str().unwrap_or_default(),
        "categoryPath": path, "releasedAt": line["releasedAt"],
        "attributes": line["attributes"].as_array().cloned().unwrap_or_default(),
        "version": 1, "removed": false, "variants": line["variants"],
    })
}

async fn fill(index: &Index, messages: &[Message]) -> anyhow::Result<()> {
    let began = Instant::now();
    index.fill("search@test").await.map_err(kit::Failure::into_anyhow)?;
    let request = index.status().borrow().filling.as_ref().map(|filling| filling.request.clone());
    let queue = Arc::new(tokio::sync::Mutex::new(messages.to_vec()));
    let consumers = (0..32).map(|_| {
        let (changes, queue) = (Changes::new(index.clone(), "search@test"), Arc::clone(&queue));
        tokio::spawn(async move {
            while let Some(message) = { queue.lock().await.pop() } {
                changes.handle(&message).await.map_err(kit::Failure::into_anyhow)?;
            }
            anyhow::Ok(())
        })
    });
    for consumer in consumers.collect::<Vec<_>>() {
        consumer.await??;
    }
    let resend = json!({"run": "", "requests": [request], "part": 0, "last": true, "total": 0});
    let last = Message::new("catalog.products_changed.v1", "", &json!({"products": [], "resend": resend}))?;
    Changes::new(index.clone(), "search@test").handle(&last).await.map_err(kit::Failure::into_anyhow)?;
    println!("taken over in {:.2?}", began.elapsed());
    Ok(())
}

async fn ask(index: &Index, schema: &Schema, document: &str, variables: Value) -> anyhow::Result<Value> {
    let request = Request::new(document).variables(Variables::from_json(variables));
    let response = schema.execute(attach_loaders(index, request, &Viewer::anonymous())).await;
    anyhow::ensure!(response.errors.is_empty(), "{:?}", response.errors);
    Ok(response.data.into_json()?)
}

async fn speed(index: &Index, schema: &Schema) -> anyhow::Result<()> {
    let all = ask(index, schema, PAGE, json!({ "query": "" })).await?;
    let brand = all["search"]["facets"][0]["values"][0]["token"].clone();
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        for query in TYPICAL {
            let filters = if round % 2 == 0 { json!([]) } else { json!([brand]) };
            let began = Instant::now();
            ask(index, schema, PAGE, json!({ "query": query, "filters": filters })).await?;
            times.push((began.elapsed(), query));
        }
    }
    report_slowest(&times);
    times.sort_unstable();
    let at = |share: f64| times[(times.len() as f64 * share) as usize].0;
    println!("one after the other: p50 {:.2?}, p95 {:.2?}, p99 {:.2?}", at(0.5), at(0.95), at(0.99));
    let began = Instant::now();
    let askers = (0..8).map(|first: usize| {
        let (index, schema) = (index.clone(), schema.clone());
        tokio::spawn(async move {
            for turn in 0..ROUNDS * 4 {
                ask(&index, &schema, PAGE, json!({ "query": TYPICAL[(first + turn) % TYPICAL.len()] })).await?;
            }
            anyhow::Ok(())
        })
    });
    for asker in askers.collect::<Vec<_>>() {
        asker.await??;
    }
    let asked = 8 * ROUNDS * 4;
    println!("eight at once: {:.0} searches a second", asked as f64 / began.elapsed().as_secs_f64());
    Ok(())
}

fn report_slowest(times: &[(Duration, &str)]) {
    let mut by_query: BTreeMap<&str, (Duration, u32)> = BTreeMap::new();
    for &(time, query) in times {
        let entry = by_query.entry(query).or_default();
        *entry = (entry.0 + time, entry.1 + 1);
    }
    let mut means: Vec<(Duration, &str)> =
        by_query.into_iter().map(|(query, (sum, count))| (sum / count, query)).collect();
    means.sort_unstable_by(|a, b| b.cmp(a));
    println!("slowest on average: {:.2?}", &means[..means.len().min(4)]);
}

async fn relevance(index: &Index, schema: &Schema, path: &str) -> anyhow::Result<()> {
    let mut grades: BTreeMap<String, HashMap<String, u32>> = BTreeMap::new();
    for line in std::fs::read_to_string(path)?.lines().skip(1) {
        let mut columns = line.rsplitn(3, ',');
        let (grade, product, query) = (columns.next(), columns.next(), columns.next());
        let (Some(grade), Some(product), Some(query)) = (grade, product, query) else { continue };
        grades.entry(query.to_owned()).or_default().insert(product.to_owned(), grade.parse()?);
    }
    let (mut sum, mut judged_sum, mut judged_share) = (0.0, 0.0, 0.0);
    for (query, grades) in &grades {
        let found = ask(index, schema, HITS, json!({ "query": query })).await?;
        let hits = found["search"]["hits"].as_array().cloned().unwrap_or_default();
        let ids: Vec<String> = hits.iter().map(|hit| last_part(&hit["product"]["id"])).collect();
        let best = gain({
            let mut best: Vec<u32> = grades.values().copied().collect();
            best.sort_unstable_by(|a, b| b.cmp(a));
            best
        });
        let all = gain(ids.iter().map(|id| grades.get(id).copied().unwrap_or(0))) / best;
        let judged: Vec<u32> = ids.iter().filter_map(|id| grades.get(id).copied()).collect();
        let known = judged.len();
        let of_judged = gain(judged) / best;
        println!("{all:.3} {of_judged:.3} {known:2} of {:2} judged  {query}", ids.len());
        if std::env::args().any(|argument| argument == "--titles") {
            for (hit, id) in hits.iter().zip(&ids) {
                println!(
                    "        {:>4} {}",
                    grades.get(id).map_or("-".into(), u32::to_string),
                    text(&hit["product"]["title"])
                );
            }
        }
        sum += all;
        judged_sum += of_judged;
        judged_share += known as f64 / 10.0;
    }
    let queries = grades.len() as f64;
    println!("NDCG@10 {:.3} (hits without a grade count as 0)", sum / queries);
    println!("NDCG@10 {:.3} (hits without a grade left out)", judged_sum / queries);
    println!("{:.0} % of the first ten are judged", 100.0 * judged_share / queries);
    Ok(())
}

fn last_part(id: &Value) -> String {
    text(id).rsplit('-').next().unwrap_or_default().to_owned()
}

/// Discounted gain of the first ten.
fn gain(grades: impl IntoIterator<Item = u32>) -> f64 {
    let worth = |(place, grade): (usize, u32)| (2_f64.powi(grade as i32) - 1.0) / (place as f64 + 2.0).log2();
    grades.into_iter().take(10).enumerate().map(worth).sum()
}
