use std::io::Write;
use std::path::PathBuf;

use kit::testing::{TestDb, fresh_db, manual_clock, sent};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::landing::{Stores, run};
use super::progress::Progress;
use super::summary::Summary;

struct Shop {
    stores: Stores,
    catalog: TestDb,
    _inventory: TestDb,
    _reviews: TestDb,
    folder: TempDir,
}

impl Shop {
    async fn empty() -> Self {
        let catalog = fresh_db::<migrations::catalog::Migrator>().await;
        let inventory = fresh_db::<migrations::inventory::Migrator>().await;
        let reviews = fresh_db::<migrations::reviews::Migrator>().await;
        let stores = Stores {
            catalog: catalog::Store::new(catalog.clone()),
            inventory: inventory::Store::new(inventory.clone(), manual_clock()),
            reviews: reviews::Store::new(reviews.clone(), manual_clock()),
        };
        let folder = tempfile::tempdir().expect("a folder");
        Self { stores, catalog, _inventory: inventory, _reviews: reviews, folder }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }

    async fn try_import(&self, name: &str, bytes: &[u8]) -> anyhow::Result<Summary> {
        run(&self.file(name, bytes), &self.stores, Progress::quiet()).await
    }

    async fn import(&self, lines: &[Value]) -> Summary {
        self.try_import("catalogue.ndjson", &text(lines)).await.expect("a catalogue")
    }

    async fn units(&self) -> [i64; 2] {
        let units = self.stores.inventory.conservation().await.expect("the database works");
        assert!(units.holds(), "{units:?}");
        [units.received, units.free]
    }
}

fn text(lines: &[Value]) -> Vec<u8> {
    lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect()
}

fn header() -> Value {
    json!({"kind": "header", "format": "mercato-catalogue", "version": 1, "currency": "USD", "generated": ["stock"],
        "sources": [{"name": "Mine", "licence": "CC0-1.0", "url": "https://example.com"}]})
}

fn category(id: &str, parent: Option<&str>) -> Value {
    let mut line = json!({"kind": "category", "id": id, "name": id});
    if let Some(parent) = parent {
        line["parent"] = json!(parent);
    }
    line
}

fn location(id: &str) -> Value {
    json!({"kind": "location", "id": id, "name": id, "latitude": 44.8, "longitude": -93.2, "address":
        {"line1": "1 North Street", "city": "Duluth", "region": "MN", "postalCode": "55802", "country": "US"}})
}

fn product(id: &str) -> Value {
    json!({"kind": "product", "id": id, "slug": id, "title": id, "category": "shirts", "variants": [
        {"id": id, "sku": id, "title": id, "price": {"minor": 4995, "currency": "USD"}, "stock": {"duluth": 12}}]})
}

fn review(id: &str, product: &str) -> Value {
    json!({"kind": "review", "id": id, "product": product, "rating": 4, "helpful": 0, "recommended": true,
        "createdAt": "2019-01-02T03:04:05Z"})
}

fn with(mut line: Value, change: impl FnOnce(&mut Value)) -> Value {
    change(&mut line);
    line
}

fn small_shop() -> Vec<Value> {
    let mut lines = vec![header(), category("apparel", None), category("shirts", Some("apparel")), location("duluth")];
    lines.extend([product("a"), product("b"), review("one", "a"), review("two", "b")]);
    lines
}

fn refusals(summary: &Summary) -> Vec<String> {
    summary.refusals.iter().map(|refusal| format!("{}: {}", refusal.line, refusal.reason)).collect()
}

#[tokio::test]
async fn a_file_lands_whole_and_a_second_time_changes_nothing() {
    let shop = Shop::empty().await;
    assert!(shop.stores.catalog.is_empty().await.expect("the database works"));
    let first = shop.import(&small_shop()).await;
    assert_eq!(refusals(&first), [""; 0]);
    let changed = |summary: &Summary| {
        [summary.categories, summary.locations, summary.products, summary.stock, summary.reviews]
            .map(|tally| (tally.changed, tally.unchanged))
    };
    assert_eq!(changed(&first), [(2, 0), (1, 0), (2, 0), (2, 0), (2, 0)]);
    assert!(!shop.stores.catalog.is_empty().await.expect("the database works"));
    assert_eq!(shop.units().await, [24, 24]);

    let messages = sent(&shop.catalog).await.len();
    let second = shop.import(&small_shop()).await;
    assert_eq!(changed(&second), [(0, 2), (0, 1), (0, 2), (0, 2), (0, 2)]);
    assert_eq!(shop.units().await, [24, 24]);
    assert_eq!(sent(&shop.catalog).await.len(), messages);
}

#[tokio::test]
async fn a_packed_file_is_the_same_file() {
    let shop = Shop::empty().await;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&text(&small_shop())).expect("packed");
    let summary = shop.try_import("catalogue.ndjson.gz", &packed.finish().expect("packed")).await.expect("landed");
    assert_eq!((summary.products.changed, summary.reviews.changed, summary.refused()), (2, 2, 0));
}

#[tokio::test]
async fn bad_lines_are_refused_by_number_and_the_good_ones_land() {
    let shop = Shop::empty().await;
    let mut bytes = text(&small_shop()[..4]);
    bytes.extend(b"{\"kind\":\"product\",\"id\":\n\n");
    bytes.extend(text(&[
        json!({"kind": "gift", "id": "a"}),
        with(product("c"), |line| line["colour"] = json!("red")),
        with(product("d"), |line| line["category"] = json!("nowhere")),
        with(product("e"), |line| line["variants"][0]["stock"] = json!({"moon": 1})),
        with(product("f"), |line| line["variants"][0]["price"]["minor"] = json!(-1)),
        with(product("g"), |line| line["variants"][0]["price"]["minor"] = json!(49.95)),
        with(product("h"), |line| line["variants"][0]["price"]["currency"] = json!("EUR")),
        product("a"),
        product("a"),
        with(product("i"), |line| line["slug"] = json!("a")),
        with(product("j"), |line| line["variants"][0]["id"] = json!("a")),
        review("one", "a"),
        review("two", "d"),
        with(review("three", "a"), |line| line["rating"] = json!(6)),
        review("one", "a"),
        header(),
        category("astray", Some("nowhere")),
        with(location("mars"), |line| line["latitude"] = json!(1000)),
        product("k"),
    ]));
    bytes.extend(b"\xff\xfe\n");
    let summary = shop.try_import("catalogue.ndjson", &bytes).await.expect("a catalogue");
    insta::assert_json_snapshot!(refusals(&summary), @r#"
    [
      "5: not JSON: EOF while parsing a value at column 23",
      "7: unknown variant `gift`, expected one of `header`, `category`, `location`, `product`, `review`",
      "8: unknown field `colour`, expected one of `id`, `slug`, `title`, `brand`, `description`, `category`, `releasedAt`, `attributes`, `media`, `options`, `variants`",
      "9: there is no category `nowhere`",
      "10: there is no location `moon`",
      "11: the variant `f` has a negative price",
      "12: invalid type: floating point `49.95`, expected i64",
      "13: a price is in EUR, the file in USD",
      "15: the product `a` is listed twice",
      "16: the slug `a` belongs to another product",
      "17: the variant `a` belongs to another product",
      "19: there is no product `d`",
      "20: a rating is 1 to 5 stars, not 6",
      "21: the review `one` is listed twice",
      "22: only line 1 is a header",
      "23: there is no category `nowhere` to stand below",
      "24: the location `mars` is not on this earth",
      "26: not a JSON object"
    ]
    "#);
    assert_eq!(summary.refused(), summary.refusals.len());
    assert_eq!((summary.products.changed, summary.reviews.changed), (2, 1));
    assert_eq!(shop.units().await, [24, 24]);
}

#[tokio::test]
async fn a_file_that_does_not_begin_as_a_catalogue_is_refused_whole() {
    let shop = Shop::empty().await;
    let other_format = with(header(), |line| line["format"] = json!("atom"));
    let later_version = with(header(), |line| line["version"] = json!(2));
    let mut reasons = Vec::new();
    for lines in [vec![], vec![product("a")], vec![other_format], vec![later_version]] {
        let refused = shop.try_import("catalogue.ndjson", &text(&lines)).await.expect_err("no catalogue");
        reasons.push(format!("{refused:#}").replace(&shop.folder.path().display().to_string(), ""));
    }
    insta::assert_json_snapshot!(reasons, @r#"
    [
      "/catalogue.ndjson is no catalogue: line 1 is no header: not a JSON object",
      "/catalogue.ndjson is no catalogue: line 1 is no header",
      "/catalogue.ndjson is no catalogue: its format is `atom`, not `mercato-catalogue`",
      "/catalogue.ndjson is no catalogue: its version is 2; this program reads version 1"
    ]
    "#);
    assert!(shop.try_import("catalogue.gz", b"no gzip").await.is_err());
    assert!(run(&shop.folder.path().join("nothing"), &shop.stores, Progress::quiet()).await.is_err());
}

#[tokio::test]
async fn a_file_that_breaks_off_says_so_and_keeps_what_it_had() {
    let shop = Shop::empty().await;
    let mut lines = small_shop();
    lines.extend((0..3_000).map(|number| product(&format!("p{}-{number}", number * 7_919 % 10_007))));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&text(&lines)).expect("packed");
    let packed = packed.finish().expect("packed");
    let half = &packed[..packed.len() / 2];
    let broken = shop.try_import("catalogue.ndjson.gz", half).await.expect_err("half a file");
    assert!(format!("{broken:#}").contains("cannot be read from line"), "{broken:#}");
    assert!(!shop.stores.catalog.is_empty().await.expect("the database works"));
}

#[tokio::test]
async fn a_line_without_end_does_not_fill_the_memory() {
    let shop = Shop::empty().await;
    let mut bytes = text(&small_shop()[..4]);
    bytes.extend(std::iter::repeat_n(b'x', 9 * 1024 * 1024));
    bytes.push(b'\n');
    bytes.extend(text(&[product("a")]));
    let summary = shop.try_import("catalogue.ndjson", &bytes).await.expect("a catalogue");
    assert_eq!(refusals(&summary), ["5: longer than 4194304 bytes"]);
    assert_eq!(summary.products.changed, 1);
}

#[tokio::test]
async fn later_files_build_on_what_the_shop_has() {
    let shop = Shop::empty().await;
    shop.import(&small_shop()).await;
    let summary = shop.import(&[header(), review("three", "b"), product("c"), review("four", "c")]).await;
    assert_eq!(refusals(&summary), [""; 0]);
    assert_eq!((summary.products.changed, summary.reviews.changed), (1, 2));
}

#[tokio::test]
async fn reviews_between_their_products_land_in_batches_too() {
    let shop = Shop::empty().await;
    let mut lines = small_shop();
    for number in 0..1_300 {
        let id = format!("p{number}");
        lines.extend([product(&id), review(&id, &id)]);
    }
    let summary = shop.import(&lines).await;
    assert_eq!((summary.products.changed, summary.reviews.changed, summary.refused()), (1_302, 1_302, 0));
}
