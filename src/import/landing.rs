//! Lands lines in the order in which they depend on each other, while the file is still being read. Stock and reviews
//! are written to their own databases while the next products are written to theirs.

use std::collections::HashSet;
use std::path::Path;
use std::time::Instant;

use catalog::import::{CategoryLine, ProductLine};
use inventory::import::{LocationLine, StockLine};
use kit::Failure;
use reviews::import::ReviewLine;
use tokio::sync::mpsc::{self, Receiver, Sender};
use vocab::{CurrencyCode, ProductId};

use super::line::Line;
use super::progress::Progress;
use super::reader::{Numbered, Reader};
use super::summary::Summary;

/// The databases that a catalogue lands in.
#[derive(Clone)]
pub struct Stores {
    pub catalog: catalog::Store,
    pub inventory: inventory::Store,
    pub reviews: reviews::Store,
}

/// Many: keys are random, so every batch touches, and writes, most pages of its tables' indexes.
const PRODUCTS_PER_BATCH: usize = 2_400;
const REVIEWS_PER_BATCH: usize = 4_000;
const BATCHES_AHEAD: usize = 2;

type Batch<L> = Vec<(u64, L)>;

/// Lands a file. Lines that do not hold are refused in the summary; an error means that the rest was not read.
pub async fn run(file: &Path, stores: &Stores, mut progress: Progress) -> anyhow::Result<Summary> {
    let began = Instant::now();
    let path = file.to_owned();
    let reader = tokio::task::spawn_blocking(move || Reader::open(&path)).await??;
    let (position, size, currency) = (reader.position.clone(), reader.size, reader.header.currency);
    let (lines_out, mut lines) = mpsc::channel::<Vec<Numbered>>(BATCHES_AHEAD);
    let reading = tokio::task::spawn_blocking(move || reader.read_into(&lines_out));

    let (stock_out, stock) = mpsc::channel(BATCHES_AHEAD);
    let (reviews_out, reviews) = mpsc::channel(BATCHES_AHEAD);
    let stocking = tokio::spawn(land_stock(stores.inventory.clone(), stock));
    let reviewing = tokio::spawn(land_reviews(stores.reviews.clone(), reviews));
    let locations = stores.inventory.location_keys().await.map_err(Failure::into_anyhow)?;
    let landing = Landing {
        stores: stores.clone(),
        currency,
        locations,
        stock: stock_out,
        reviews: reviews_out,
        waiting: Waiting::default(),
        seen: Seen::default(),
        landed: HashSet::new(),
        summary: Summary::default(),
    };
    let landed = landing.land(&mut lines, |read| progress.tell(&position, size, read)).await;
    // A writer that failed is the cause; that nobody took its lines is only what came of it.
    let (stocked, reviewed) = (stocking.await??, reviewing.await??);
    let mut summary = landed?;
    summary.absorb(stocked);
    summary.absorb(reviewed);
    progress.finish();
    reading.await??;
    summary.took = began.elapsed();
    Ok(summary)
}

/// Lines that have been read and not landed.
#[derive(Default)]
struct Waiting {
    categories: Batch<CategoryLine>,
    locations: Batch<LocationLine>,
    products: Batch<ProductLine>,
    reviews: Batch<ReviewLine>,
}

/// Ids that the file has used up.
#[derive(Default)]
struct Seen {
    categories: HashSet<String>,
    locations: HashSet<String>,
    products: HashSet<String>,
    reviews: HashSet<String>,
}

struct Landing {
    stores: Stores,
    currency: CurrencyCode,
    /// Every location there is.
    locations: HashSet<String>,
    stock: Sender<Batch<StockLine>>,
    reviews: Sender<Batch<ReviewLine>>,
    waiting: Waiting,
    seen: Seen,
    /// Products of this file that the catalog has taken.
    landed: HashSet<String>,
    summary: Summary,
}

impl Landing {
    /// Lands all lines, and lets the writers of stock and reviews come to their end.
    async fn land(mut self, lines: &mut Receiver<Vec<Numbered>>, mut told: impl FnMut(u64)) -> anyhow::Result<Summary> {
        let mut read = 1;
        while let Some(some) = lines.recv().await {
            read += some.len() as u64;
            for (number, line) in some {
                self.take(number, line).await?;
            }
            told(read);
        }
        self.hand_on_reviews().await?;
        Ok(self.summary)
    }

    async fn take(&mut self, number: u64, mut line: Result<Line, String>) -> anyhow::Result<()> {
        self.summary.tidied += usize::from(line.as_mut().is_ok_and(Line::tidy));
        match line {
            Err(reason) => self.summary.refuse(number, reason),
            Ok(Line::Header(_)) => self.summary.refuse(number, "only line 1 is a header".to_owned()),
            Ok(Line::Category(line)) if self.seen.categories.insert(line.id.clone()) => {
                self.waiting.categories.push((number, line));
            }
            Ok(Line::Location(line)) if self.seen.locations.insert(line.id.clone()) => {
                self.waiting.locations.push((number, line));
            }
            Ok(Line::Product(line)) if self.seen.products.insert(line.id.clone()) => {
                self.waiting.products.push((number, *line));
                if self.waiting.products.len() >= PRODUCTS_PER_BATCH {
                    self.land_products().await?;
                }
            }
            Ok(Line::Review(line)) if self.seen.reviews.insert(line.id.clone()) => {
                self.waiting.reviews.push((number, line));
                if self.waiting.reviews.len() >= REVIEWS_PER_BATCH {
                    self.hand_on_reviews().await?;
                }
            }
            Ok(Line::Category(CategoryLine { id, .. })) => self.refuse_twice(number, "category", &id),
            Ok(Line::Location(LocationLine { id, .. })) => self.refuse_twice(number, "location", &id),
            Ok(Line::Product(line)) => self.refuse_twice(number, "product", &line.id),
            Ok(Line::Review(ReviewLine { id, .. })) => self.refuse_twice(number, "review", &id),
        }
        Ok(())
    }

    fn refuse_twice(&mut self, number: u64, noun: &str, id: &str) {
        let id: String = id.chars().take(80).collect();
        self.summary.refuse(number, format!("the {noun} `{id}` is listed twice"));
    }

    fn refuse_all(&mut self, numbers: &[u64], rejected: Vec<(usize, String)>) {
        for (index, reason) in rejected {
            self.summary.refuse(numbers[index], reason);
        }
    }

    async fn land_places(&mut self) -> anyhow::Result<()> {
        let (numbers, lines): (Vec<u64>, Vec<CategoryLine>) = self.waiting.categories.drain(..).unzip();
        if !lines.is_empty() {
            let landed = self.stores.catalog.import_categories(&lines).await.map_err(Failure::into_anyhow)?;
            self.summary.categories.add(landed.changed, landed.unchanged);
            self.refuse_all(&numbers, landed.rejected);
        }
        let (numbers, lines): (Vec<u64>, Vec<LocationLine>) = self.waiting.locations.drain(..).unzip();
        if !lines.is_empty() {
            let landed = self.stores.inventory.import_locations(&lines).await.map_err(Failure::into_anyhow)?;
            self.summary.locations.add(landed.changed, landed.unchanged);
            let refused: HashSet<usize> = landed.rejected.iter().map(|(index, _)| *index).collect();
            let good = lines.into_iter().enumerate().filter(|(index, _)| !refused.contains(index));
            self.locations.extend(good.map(|(_, line)| line.id));
            self.refuse_all(&numbers, landed.rejected);
        }
        Ok(())
    }

    async fn land_products(&mut self) -> anyhow::Result<()> {
        self.land_places().await?;
        let mut batch = std::mem::take(&mut self.waiting.products);
        batch.retain(|(number, line)| match self.foreign(line) {
            Some(reason) => {
                self.summary.refuse(*number, reason);
                false
            }
            None => true,
        });
        if batch.is_empty() {
            return Ok(());
        }
        let (numbers, lines): (Vec<u64>, Vec<ProductLine>) = batch.into_iter().unzip();
        let landed = self.stores.catalog.import_products(&lines).await.map_err(Failure::into_anyhow)?;
        self.summary.products.add(landed.changed, landed.unchanged);
        let refused: HashSet<usize> = landed.rejected.iter().map(|(index, _)| *index).collect();
        self.refuse_all(&numbers, landed.rejected);
        let mut stock = Vec::with_capacity(lines.len());
        for (index, line) in lines.into_iter().enumerate().filter(|(index, _)| !refused.contains(index)) {
            for variant in line.variants {
                let line = StockLine { product: line.id.clone(), variant: variant.id, units: variant.stock };
                stock.push((numbers[index], line));
            }
            self.landed.insert(line.id);
        }
        self.stock.send(stock).await.map_err(|_unsent| stopped("inventory"))
    }

    /// What in a product's line is not the catalog's to judge.
    fn foreign(&self, line: &ProductLine) -> Option<String> {
        let prices = line.variants.iter().flat_map(|variant| [Some(variant.price), variant.compare_at]).flatten();
        if let Some(price) = prices.into_iter().find(|price| price.currency != self.currency) {
            return Some(format!("a price is in {}, the file in {}", price.currency, self.currency));
        }
        let mut places = line.variants.iter().flat_map(|variant| variant.stock.keys());
        let unknown = places.find(|place| !self.locations.contains(*place))?;
        let unknown: String = unknown.chars().take(80).collect();
        Some(format!("there is no location `{unknown}`"))
    }

    async fn hand_on_reviews(&mut self) -> anyhow::Result<()> {
        self.land_products().await?;
        let batch = std::mem::take(&mut self.waiting.reviews);
        let asked: Vec<String> = batch
            .iter()
            .filter(|(_, line)| !self.landed.contains(&line.product))
            .map(|(_, line)| ProductId::of_key(&line.product).to_string())
            .collect();
        let ids: Vec<&str> = asked.iter().map(String::as_str).collect();
        let known = self.stores.catalog.known_products(&ids).await.map_err(Failure::into_anyhow)?;
        let (mut sound, mut orphans) = (Vec::with_capacity(batch.len()), Vec::new());
        for (number, line) in batch {
            let landed = self.landed.contains(&line.product);
            match landed || known.contains(ProductId::of_key(&line.product).as_str()) {
                true => sound.push((number, line)),
                false => orphans.push((number, line.product)),
            }
        }
        for (number, product) in orphans {
            let product: String = product.chars().take(80).collect();
            self.summary.refuse(number, format!("there is no product `{product}`"));
        }
        self.reviews.send(sound).await.map_err(|_unsent| stopped("reviews"))
    }
}

fn stopped(role: &str) -> anyhow::Error {
    anyhow::anyhow!("the writer of {role} has stopped")
}

async fn land_stock(store: inventory::Store, mut batches: Receiver<Batch<StockLine>>) -> anyhow::Result<Summary> {
    let mut summary = Summary::default();
    while let Some(batch) = batches.recv().await {
        let (numbers, lines): (Vec<u64>, Vec<StockLine>) = batch.into_iter().unzip();
        let landed = store.import_stock(&lines).await.map_err(Failure::into_anyhow)?;
        summary.stock.add(landed.changed, landed.unchanged);
        for (index, reason) in landed.rejected {
            summary.refuse(numbers[index], format!("the product has landed, its stock has not: {reason}"));
        }
    }
    Ok(summary)
}

async fn land_reviews(store: reviews::Store, mut batches: Receiver<Batch<ReviewLine>>) -> anyhow::Result<Summary> {
    let mut summary = Summary::default();
    while let Some(batch) = batches.recv().await {
        let (numbers, lines): (Vec<u64>, Vec<ReviewLine>) = batch.into_iter().unzip();
        let landed = store.import_reviews(&lines).await.map_err(Failure::into_anyhow)?;
        summary.reviews.add(landed.changed, landed.unchanged);
        for (index, reason) in landed.rejected {
            summary.refuse(numbers[index], reason);
        }
    }
    Ok(summary)
}
