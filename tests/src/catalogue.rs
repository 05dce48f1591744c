//! A small shop's catalogue: enough of each thing for a rule to hold on it.

use std::path::Path;

use serde_json::{Value, json};

/// The key of a thing that is sold. Its product is `prod_<key>`, its variant `var_<key>`.
#[derive(Clone, Copy)]
pub struct Thing {
    pub key: &'static str,
    pub title: &'static str,
    pub cents: i64,
    pub stock: u32,
}

impl Thing {
    pub fn product(&self) -> String {
        format!("prod_{}", self.key)
    }

    pub fn variant(&self) -> String {
        format!("var_{}", self.key)
    }
}

pub const NOTEBOOK: Thing = Thing { key: "notebook", title: "Analytical Notebook 14", cents: 129_900, stock: 100_000 };
pub const MUG: Thing = Thing { key: "mug", title: "Stoneware Mug", cents: 1_250, stock: 100_000 };
pub const HEADPHONES: Thing = Thing { key: "headphones", title: "Quiet Headphones", cents: 19_999, stock: 100_000 };
pub const LAST_ONE: Thing = Thing { key: "last-one", title: "Last Lamp", cents: 4_500, stock: 1 };
pub const HOT: Thing = Thing { key: "hot", title: "Sought-After Console", cents: 49_900, stock: 100 };
pub const SOLD_OUT: Thing = Thing { key: "sold-out", title: "Sold Out Kettle", cents: 3_900, stock: 0 };

/// How many plain things stand beside the named ones, so that lists have more than one page.
const FILLERS: usize = 40;

pub fn write(path: &Path) -> std::io::Result<()> {
    let mut lines = vec![
        json!({"kind": "header", "format": "mercato-catalogue", "version": 1, "currency": "USD", "generated": ["stock"],
            "sources": [{"name": "The system tests", "licence": "Apache-2.0", "url": "https://mercato.invalid/"}]}),
        json!({"kind": "category", "id": "home", "name": "Home"}),
        json!({"kind": "category", "id": "kitchen", "name": "Kitchen", "parent": "home"}),
        json!({"kind": "location", "id": "north", "name": "North Store", "address": {"line1": "1 North Street",
            "city": "Duluth", "region": "MN", "postalCode": "55802", "country": "US"}, "latitude": 46.78, "longitude": -92.1}),
    ];
    lines.extend([NOTEBOOK, MUG, HEADPHONES, LAST_ONE, HOT, SOLD_OUT].iter().map(named));
    lines.extend((0..FILLERS).map(filler));
    lines.extend((0..12).map(review));
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(path, text)
}

fn named(thing: &Thing) -> Value {
    product(thing.key, thing.title, thing.cents, thing.stock)
}

fn filler(number: usize) -> Value {
    let cents = 500 + i64::try_from(number).unwrap_or_default() * 10;
    product(&format!("spoon-{number}"), &format!("Spoon No. {number}"), cents, 50)
}

fn product(key: &str, title: &str, cents: i64, stock: u32) -> Value {
    json!({"kind": "product", "id": key, "slug": key, "title": title, "brand": "Lovelace", "description": format!("{title}, plain and good."),
        "category": "kitchen", "releasedAt": "2025-05-01", "attributes": [{"name": "Colour", "value": "Blue"}],
        "media": [{"url": format!("https://images.invalid/{key}.jpg"), "alt": title}],
        "variants": [{"id": key, "sku": key.to_uppercase(), "title": title, "price": {"minor": cents, "currency": "USD"},
            "weightGrams": 400, "stock": {"north": stock}}]})
}

fn review(number: usize) -> Value {
    json!({"kind": "review", "id": format!("mug-{number}"), "product": "mug", "rating": 1 + number % 5, "title": "A mug",
        "body": format!("It holds tea, and held it {number} times."), "helpful": number, "recommended": true,
        "createdAt": "2025-06-01T00:00:00Z"})
}
