//! A small shop, and how to ask it.

use async_graphql::{Request, Variables};
use kit::Viewer;
use kit::messaging::{Message, MessageHandler};
use search::{Changes, Index, Schema, attach_loaders, schema};
use serde_json::{Value, json};
use tempfile::TempDir;

pub struct Shop {
    pub index: Index,
    schema: Schema,
    _folder: TempDir,
}

impl Shop {
    /// A shop that has no product.
    pub async fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the index");
        let index = Index::open(folder.path()).expect("an index");
        let request = begin(&index).await;
        part(&index, &request, 0, true, &[]).await;
        Self { index, schema: schema(), _folder: folder }
    }

    /// A shop that sells what [`assortment`] says.
    pub async fn open() -> Self {
        let shop = Self::empty().await;
        shop.tell(&assortment()).await;
        shop
    }

    pub async fn tell(&self, products: &[Value]) {
        tell(&self.index, products).await;
    }

    pub async fn ask(&self, document: &str, variables: Value) -> Value {
        let request = Request::new(document).variables(Variables::from_json(variables));
        kit::testing::execute(&self.schema, attach_loaders(&self.index, request, &Viewer::anonymous())).await
    }

    /// The ids of all hits, on one page.
    pub async fn ids(&self, variables: Value) -> Vec<String> {
        let answer = self.ask(IDS, variables).await;
        let hits = answer["data"]["search"]["hits"].as_array().unwrap_or_else(|| panic!("{answer}"));
        hits.iter().map(|hit| hit["product"]["id"].as_str().expect("an id").replace("prod_", "")).collect()
    }

    pub async fn found(&self, query: &str) -> Vec<String> {
        self.ids(json!({ "query": query })).await
    }
}

/// Begins to fill the index, and gives the name in which the catalogue is asked.
pub async fn begin(index: &Index) -> String {
    index.fill("search@a").await.expect("begun");
    index.status().borrow().filling.as_ref().expect("under way").request.clone()
}

/// A part of the whole catalogue, for whoever asked in this name.
pub async fn part(index: &Index, request: &str, part: u32, last: bool, products: &[Value]) {
    let resend = json!({"run": "a", "requests": [request], "part": part, "last": last, "total": 2});
    let body = json!({"products": products, "resend": resend});
    let message = Message::new("catalog.products_changed.v1", "", &body).expect("a message");
    Changes::new(index.clone(), "search@a").handle(&message).await.expect("handled");
}

pub async fn tell(index: &Index, products: &[Value]) {
    try_to_tell(index, products).await.expect("the message is handled");
}

pub async fn try_to_tell(index: &Index, products: &[Value]) -> kit::Result<()> {
    let message = Message::new("catalog.products_changed.v1", "", &json!({ "products": products })).expect("a message");
    Changes::new(index.clone(), "search@test").handle(&message).await
}

const IDS: &str = "query ($query: String!, $filters: [FilterToken!]! = [], $sort: SearchSort! = RELEVANCE) {
    search(query: $query, filters: $filters, sort: $sort, first: 100) { hits { product { id } } }
}";

/// One product of one variant, version 1.
pub fn product(id: &str, title: &str, brand: &str, path: &[&str], minor: i64, released: &str) -> Value {
    let path: Vec<Value> = path.iter().map(|name| json!({"id": format!("cat_{}", slug(name)), "name": name})).collect();
    json!({
        "id": format!("prod_{id}"), "slug": slug(title), "title": title, "brand": brand, "description": "",
        "categoryId": path.last().map_or("cat_shop".into(), |leaf| leaf["id"].clone()), "categoryPath": path, "releasedAt": released,
        "attributes": [], "mediaUrl": null, "version": 1, "removed": false,
        "variants": [{
            "id": format!("var_{id}"), "sku": format!("SKU-{id}"), "title": title, "options": {},
            "price": {"minor": minor, "currency": "USD"}, "compareAt": null, "weightGrams": null,
        }],
    })
}

fn slug(name: &str) -> String {
    name.to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

pub fn described(mut product: Value, description: &str, attributes: Value) -> Value {
    product["description"] = description.into();
    product["attributes"] = attributes;
    product
}

pub fn assortment() -> Vec<Value> {
    let notebooks = ["Computers", "Notebooks"];
    let mice = ["Accessories", "Mice"];
    let headphones = ["Audio", "Headphones"];
    vec![
        described(
            product("pavilion", "HP Pavilion dv7-1211ea Notebook Silver", "HP", &notebooks, 109_995, "2008-12-19"),
            "An Intel Core 2 Duo notebook with 4GB of memory & a 17\" screen.",
            json!([{"name": "Internal memory", "value": 4}, {"name": "Bluetooth", "value": true}]),
        ),
        described(
            product("thinkpad", "Lenovo ThinkPad X230 Notebook Black", "Lenovo", &notebooks, 89_900, "2012-06-01"),
            "Small, strong and repairable.",
            json!([{"name": "Bluetooth", "value": false}]),
        ),
        product("sleeve", "Targus Laptop Sleeve Black", "Targus", &["Accessories", "Bags"], 1_995, "2015-03-01"),
        product("mouse-hp", "HP Wireless Mouse X200", "HP", &mice, 2_499, "2019-01-01"),
        product("mouse-logi", "Logitech Wireless Mouse M185 Grey", "Logitech", &mice, 2_500, "2018-01-01"),
        product("mouse-wired", "Logitech Mouse M90", "Logitech", &mice, 995, "2017-01-01"),
        described(
            product("headset", "Plantronics Voyager Headset", "Plantronics", &headphones, 12_000, "2016-05-05"),
            "A Bluetooth headset for calls.",
            json!([]),
        ),
        product("headphones", "Sony Headphones WH-1000XM4", "Sony", &headphones, 34_999, "2020-08-06"),
        product("desktop", "HP EliteDesk 800 Desktop", "HP", &["Computers", "Desktops"], 79_900, "2014-02-02"),
        product("cable", "Café USB 3.0 Cable 16GB-ready", "", &["Accessories", "Cables"], 500, "2013-01-01"),
    ]
}
