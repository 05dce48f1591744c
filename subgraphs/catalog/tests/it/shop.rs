//! A shop with a few shelves, filled the way a catalogue file fills it.

use async_graphql::Request;
use catalog::import::{CategoryLine, Imported, ProductLine};
use catalog::{CatalogSchema, Store, attach_loaders, schema};
use kit::Viewer;
use kit::testing::{TestDb, execute, fresh_db};
use serde_json::{Value, json};

pub struct Shop {
    pub db: TestDb,
    pub store: Store,
    schema: CatalogSchema,
}

impl Shop {
    /// No shelf yet.
    pub async fn empty() -> Self {
        let db = fresh_db::<migrations::catalog::Migrator>().await;
        let store = Store::new(db.clone());
        Self { db, store, schema: schema() }
    }

    /// Home, with lamps (of which desk lamps are some) and rugs.
    pub async fn with_shelves() -> Self {
        let shop = Self::empty().await;
        let landed = shop.shelve(json!([
            {"id": "home", "name": "Home"},
            {"id": "home-lamps", "name": "Lamps", "parent": "home"},
            {"id": "home-lamps-desk", "name": "Desk lamps", "parent": "home-lamps"},
            {"id": "home-rugs", "name": "Rugs", "parent": "home"},
        ]));
        assert_eq!(landed.await.rejected, []);
        shop
    }

    pub async fn shelve(&self, lines: Value) -> Imported {
        let lines: Vec<CategoryLine> = serde_json::from_value(lines).expect("category lines");
        self.store.import_categories(&lines).await.expect("the database works")
    }

    pub async fn stock(&self, lines: &[Value]) -> Imported {
        let lines: Vec<ProductLine> =
            lines.iter().map(|line| serde_json::from_value(line.clone()).expect("a product line")).collect();
        self.store.import_products(&lines).await.expect("the database works")
    }

    pub fn schema(&self) -> &CatalogSchema {
        &self.schema
    }

    pub async fn ask(&self, request: impl Into<Request>) -> Value {
        execute(&self.schema, attach_loaders(&self.store, request.into(), &Viewer::anonymous())).await
    }

    /// The answer, and how many statements it took.
    pub async fn ask_counted(&self, request: &str) -> (Value, u64) {
        let before = self.db.statements();
        let answer = self.ask(request).await;
        (answer, self.db.statements() - before)
    }
}

/// A product with one variant, at `cents`.
pub fn lamp(id: &str, category: &str, cents: i64) -> Value {
    json!({
        "id": id,
        "slug": format!("{id}-slug"),
        "title": format!("Lamp {id}"),
        "brand": "Lumo",
        "description": "It shines.\n\nBrightly.",
        "category": category,
        "variants": [{"id": id, "sku": format!("SKU-{id}"), "title": "One", "price": {"minor": cents, "currency": "USD"}}],
    })
}

/// A product with a choice of two sizes.
pub fn rug() -> Value {
    json!({
        "id": "rug",
        "slug": "woven-rug",
        "title": "Woven rug",
        "brand": "Weft",
        "description": "Wool & cotton.\nHand-woven.",
        "category": "home-rugs",
        "releasedAt": "2021-03-04",
        "attributes": [
            {"name": "Material", "value": "Wool"},
            {"name": "Pile height", "value": 12.5},
            {"name": "Washable", "value": false},
        ],
        "media": [
            {"url": "https://pictures.example/rug.jpg", "alt": "A rug on a floor"},
            {"url": "https://pictures.example/rug-back.jpg"},
        ],
        "options": [{"name": "Size", "values": ["S", "L"]}],
        "variants": [
            {"id": "rug-s", "sku": "RUG-S", "gtin": "4006381333931", "title": "Woven rug, S", "options": {"Size": "S"},
             "price": {"minor": 4995, "currency": "USD"}, "compareAt": {"minor": 5995, "currency": "USD"},
             "weightGrams": 1200},
            {"id": "rug-l", "sku": "RUG-L", "title": "Woven rug, L", "options": {"Size": "L"},
             "price": {"minor": 9900, "currency": "USD"}, "stock": {"bby-1000": 3}},
        ],
    })
}
